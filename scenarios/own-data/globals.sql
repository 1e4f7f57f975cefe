--
-- PostgreSQL database cluster dump
--

\restrict Ru1Jxgtsbvxcj1ha0c86f1qHq3nHmfRZEwv2qp3kCaIwXc7nPqc5J0RzXT1fELw

SET default_transaction_read_only = off;

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

--
-- Roles
--

CREATE ROLE customs_clerk;
ALTER ROLE customs_clerk WITH NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB LOGIN NOREPLICATION NOBYPASSRLS;
CREATE ROLE harbour_master;
ALTER ROLE harbour_master WITH NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB NOLOGIN NOREPLICATION NOBYPASSRLS;
CREATE ROLE harbour_reader;
ALTER ROLE harbour_reader WITH NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB NOLOGIN NOREPLICATION NOBYPASSRLS;
CREATE ROLE postgres;
ALTER ROLE postgres WITH SUPERUSER INHERIT CREATEROLE CREATEDB LOGIN REPLICATION BYPASSRLS;

--
-- User Configurations
--


--
-- Role memberships
--

GRANT harbour_reader TO customs_clerk WITH INHERIT TRUE GRANTED BY postgres;






\unrestrict Ru1Jxgtsbvxcj1ha0c86f1qHq3nHmfRZEwv2qp3kCaIwXc7nPqc5J0RzXT1fELw

--
-- PostgreSQL database cluster dump complete
--

