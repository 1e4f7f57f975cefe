--
-- PostgreSQL database dump
--

\restrict UBdlDF6LKDUEE0ukiBvfZdaafsV2a8L5Eg8o0GxpnKywgUbeicLz9s0sNeyutjW

-- Dumped from database version 18.6
-- Dumped by pg_dump version 18.6

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: customs; Type: SCHEMA; Schema: -; Owner: harbour_master
--

CREATE SCHEMA customs;


ALTER SCHEMA customs OWNER TO harbour_master;

--
-- Name: port; Type: SCHEMA; Schema: -; Owner: harbour_master
--

CREATE SCHEMA port;


ALTER SCHEMA port OWNER TO harbour_master;

--
-- Name: state; Type: TYPE; Schema: customs; Owner: harbour_master
--

CREATE TYPE customs.state AS ENUM (
    'declared',
    'released',
    'held'
);


ALTER TYPE customs.state OWNER TO harbour_master;

--
-- Name: berth_kind; Type: TYPE; Schema: port; Owner: harbour_master
--

CREATE TYPE port.berth_kind AS ENUM (
    'container',
    'bulk',
    'ferry',
    'oil'
);


ALTER TYPE port.berth_kind OWNER TO harbour_master;

--
-- Name: metres; Type: DOMAIN; Schema: port; Owner: harbour_master
--

CREATE DOMAIN port.metres AS numeric(6,1)
	CONSTRAINT metres_check CHECK ((VALUE > (0)::numeric));


ALTER DOMAIN port.metres OWNER TO harbour_master;

--
-- Name: paper_number; Type: SEQUENCE; Schema: customs; Owner: harbour_master
--

CREATE SEQUENCE customs.paper_number
    START WITH 5000
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER SEQUENCE customs.paper_number OWNER TO harbour_master;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: declaration; Type: TABLE; Schema: customs; Owner: harbour_master
--

CREATE TABLE customs.declaration (
    number text DEFAULT ('D'::text || nextval('customs.paper_number'::regclass)) NOT NULL,
    call bigint NOT NULL,
    arrived_at timestamp with time zone NOT NULL,
    goods jsonb NOT NULL,
    value numeric(14,2) NOT NULL,
    state customs.state DEFAULT 'declared'::customs.state NOT NULL
);


ALTER TABLE customs.declaration OWNER TO harbour_master;

--
-- Name: value_by_state; Type: MATERIALIZED VIEW; Schema: customs; Owner: harbour_master
--

CREATE MATERIALIZED VIEW customs.value_by_state AS
 SELECT state,
    count(*) AS count,
    sum(value) AS value
   FROM customs.declaration
  GROUP BY state
  WITH NO DATA;


ALTER MATERIALIZED VIEW customs.value_by_state OWNER TO harbour_master;

--
-- Name: berth; Type: TABLE; Schema: port; Owner: harbour_master
--

CREATE TABLE port.berth (
    number integer NOT NULL,
    name text NOT NULL,
    kind port.berth_kind NOT NULL,
    length port.metres NOT NULL,
    depth port.metres NOT NULL
);


ALTER TABLE port.berth OWNER TO harbour_master;

--
-- Name: call; Type: TABLE; Schema: port; Owner: harbour_master
--

CREATE TABLE port.call (
    id bigint NOT NULL,
    ship text NOT NULL,
    berth integer NOT NULL,
    pilot integer,
    arrived_at timestamp with time zone NOT NULL,
    left_at timestamp with time zone,
    draught port.metres NOT NULL,
    hours numeric(8,2) GENERATED ALWAYS AS ((EXTRACT(epoch FROM (left_at - arrived_at)) / (3600)::numeric)) STORED,
    CONSTRAINT call_check CHECK ((left_at > arrived_at))
)
PARTITION BY RANGE (arrived_at);


ALTER TABLE port.call OWNER TO harbour_master;

--
-- Name: TABLE call; Type: COMMENT; Schema: port; Owner: harbour_master
--

COMMENT ON TABLE port.call IS 'One visit of a ship to a berth';


--
-- Name: call_2024; Type: TABLE; Schema: port; Owner: harbour_master
--

CREATE TABLE port.call_2024 (
    id bigint CONSTRAINT call_id_not_null NOT NULL,
    ship text CONSTRAINT call_ship_not_null NOT NULL,
    berth integer CONSTRAINT call_berth_not_null NOT NULL,
    pilot integer,
    arrived_at timestamp with time zone CONSTRAINT call_arrived_at_not_null NOT NULL,
    left_at timestamp with time zone,
    draught port.metres CONSTRAINT call_draught_not_null NOT NULL,
    hours numeric(8,2) GENERATED ALWAYS AS ((EXTRACT(epoch FROM (left_at - arrived_at)) / (3600)::numeric)) STORED,
    CONSTRAINT call_check CHECK ((left_at > arrived_at))
);


ALTER TABLE port.call_2024 OWNER TO harbour_master;

--
-- Name: call_2025; Type: TABLE; Schema: port; Owner: harbour_master
--

CREATE TABLE port.call_2025 (
    id bigint CONSTRAINT call_id_not_null NOT NULL,
    ship text CONSTRAINT call_ship_not_null NOT NULL,
    berth integer CONSTRAINT call_berth_not_null NOT NULL,
    pilot integer,
    arrived_at timestamp with time zone CONSTRAINT call_arrived_at_not_null NOT NULL,
    left_at timestamp with time zone,
    draught port.metres CONSTRAINT call_draught_not_null NOT NULL,
    hours numeric(8,2) GENERATED ALWAYS AS ((EXTRACT(epoch FROM (left_at - arrived_at)) / (3600)::numeric)) STORED,
    CONSTRAINT call_check CHECK ((left_at > arrived_at))
);


ALTER TABLE port.call_2025 OWNER TO harbour_master;

--
-- Name: call_id_seq; Type: SEQUENCE; Schema: port; Owner: harbour_master
--

ALTER TABLE port.call ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME port.call_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: ship; Type: TABLE; Schema: port; Owner: harbour_master
--

CREATE TABLE port.ship (
    number text NOT NULL,
    name text NOT NULL,
    flag character(2) NOT NULL,
    length port.metres NOT NULL,
    built integer NOT NULL,
    CONSTRAINT ship_built_check CHECK (((built >= 1950) AND (built <= 2025))),
    CONSTRAINT ship_number_check CHECK ((number ~ '^S[0-9]{4}$'::text))
);


ALTER TABLE port.ship OWNER TO harbour_master;

--
-- Name: in_harbour; Type: VIEW; Schema: port; Owner: harbour_master
--

CREATE VIEW port.in_harbour AS
 SELECT s.name,
    c.berth,
    c.arrived_at
   FROM (port.call c
     JOIN port.ship s ON ((s.number = c.ship)))
  WHERE (c.left_at IS NULL);


ALTER VIEW port.in_harbour OWNER TO harbour_master;

--
-- Name: pilot; Type: TABLE; Schema: port; Owner: harbour_master
--

CREATE TABLE port.pilot (
    id integer NOT NULL,
    name text NOT NULL,
    licences text[] NOT NULL,
    certificates jsonb NOT NULL
);


ALTER TABLE port.pilot OWNER TO harbour_master;

--
-- Name: pilot_id_seq; Type: SEQUENCE; Schema: port; Owner: harbour_master
--

ALTER TABLE port.pilot ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME port.pilot_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: call_2024; Type: TABLE ATTACH; Schema: port; Owner: harbour_master
--

ALTER TABLE ONLY port.call ATTACH PARTITION port.call_2024 FOR VALUES FROM ('2024-01-01 00:00:00+00') TO ('2025-01-01 00:00:00+00');


--
-- Name: call_2025; Type: TABLE ATTACH; Schema: port; Owner: harbour_master
--

ALTER TABLE ONLY port.call ATTACH PARTITION port.call_2025 FOR VALUES FROM ('2025-01-01 00:00:00+00') TO ('2026-01-01 00:00:00+00');


--
-- Data for Name: declaration; Type: TABLE DATA; Schema: customs; Owner: harbour_master
--

COPY customs.declaration (number, call, arrived_at, goods, value, state) FROM stdin;
D5000	2	2024-01-09 16:34:00+00	{"goods": "cars", "tonnes": 14}	16838.25	held
D5001	4	2024-01-16 03:08:00+00	{"goods": "steel", "tonnes": 28}	32676.25	released
D5002	6	2024-01-22 13:42:00+00	{"goods": "grain", "tonnes": 42}	48514.25	declared
D5003	8	2024-01-29 00:16:00+00	{"goods": "peat", "tonnes": 56}	64352.25	held
D5004	10	2024-02-04 10:50:00+00	{"goods": "timber", "tonnes": 70}	80190.25	released
D5005	12	2024-02-10 21:24:00+00	{"goods": "cars", "tonnes": 84}	96028.25	declared
D5006	14	2024-02-17 07:58:00+00	{"goods": "steel", "tonnes": 98}	111866.25	held
D5007	16	2024-02-23 18:32:00+00	{"goods": "grain", "tonnes": 112}	127704.25	released
D5008	18	2024-03-01 05:06:00+00	{"goods": "peat", "tonnes": 126}	143542.25	declared
D5009	20	2024-03-07 15:40:00+00	{"goods": "timber", "tonnes": 140}	159380.25	held
D5010	22	2024-03-14 02:14:00+00	{"goods": "cars", "tonnes": 154}	175218.25	released
D5011	24	2024-03-20 12:48:00+00	{"goods": "steel", "tonnes": 168}	191056.25	declared
D5012	26	2024-03-26 23:22:00+00	{"goods": "grain", "tonnes": 182}	206894.25	held
D5013	28	2024-04-02 09:56:00+00	{"goods": "peat", "tonnes": 196}	222732.25	released
D5014	30	2024-04-08 20:30:00+00	{"goods": "timber", "tonnes": 210}	238570.25	declared
D5015	32	2024-04-15 07:04:00+00	{"goods": "cars", "tonnes": 224}	4408.25	held
D5016	34	2024-04-21 17:38:00+00	{"goods": "steel", "tonnes": 238}	20246.25	released
D5017	36	2024-04-28 04:12:00+00	{"goods": "grain", "tonnes": 252}	36084.25	declared
D5018	38	2024-05-04 14:46:00+00	{"goods": "peat", "tonnes": 266}	51922.25	held
D5019	40	2024-05-11 01:20:00+00	{"goods": "timber", "tonnes": 280}	67760.25	released
D5020	42	2024-05-17 11:54:00+00	{"goods": "cars", "tonnes": 294}	83598.25	declared
D5021	44	2024-05-23 22:28:00+00	{"goods": "steel", "tonnes": 308}	99436.25	held
D5022	46	2024-05-30 09:02:00+00	{"goods": "grain", "tonnes": 322}	115274.25	released
D5023	48	2024-06-05 19:36:00+00	{"goods": "peat", "tonnes": 336}	131112.25	declared
D5024	50	2024-06-12 06:10:00+00	{"goods": "timber", "tonnes": 350}	146950.25	held
D5025	52	2024-06-18 16:44:00+00	{"goods": "cars", "tonnes": 364}	162788.25	released
D5026	54	2024-06-25 03:18:00+00	{"goods": "steel", "tonnes": 378}	178626.25	declared
D5027	56	2024-07-01 13:52:00+00	{"goods": "grain", "tonnes": 392}	194464.25	held
D5028	58	2024-07-08 00:26:00+00	{"goods": "peat", "tonnes": 406}	210302.25	released
D5029	60	2024-07-14 11:00:00+00	{"goods": "timber", "tonnes": 420}	226140.25	declared
D5030	62	2024-07-20 21:34:00+00	{"goods": "cars", "tonnes": 434}	241978.25	held
D5031	64	2024-07-27 08:08:00+00	{"goods": "steel", "tonnes": 448}	7816.25	released
D5032	66	2024-08-02 18:42:00+00	{"goods": "grain", "tonnes": 462}	23654.25	declared
D5033	68	2024-08-09 05:16:00+00	{"goods": "peat", "tonnes": 476}	39492.25	held
D5034	70	2024-08-15 15:50:00+00	{"goods": "timber", "tonnes": 490}	55330.25	released
D5035	72	2024-08-22 02:24:00+00	{"goods": "cars", "tonnes": 504}	71168.25	declared
D5036	74	2024-08-28 12:58:00+00	{"goods": "steel", "tonnes": 518}	87006.25	held
D5037	76	2024-09-03 23:32:00+00	{"goods": "grain", "tonnes": 532}	102844.25	released
D5038	78	2024-09-10 10:06:00+00	{"goods": "peat", "tonnes": 546}	118682.25	declared
D5039	80	2024-09-16 20:40:00+00	{"goods": "timber", "tonnes": 560}	134520.25	held
D5040	82	2024-09-23 07:14:00+00	{"goods": "cars", "tonnes": 574}	150358.25	released
D5041	84	2024-09-29 17:48:00+00	{"goods": "steel", "tonnes": 588}	166196.25	declared
D5042	86	2024-10-06 04:22:00+00	{"goods": "grain", "tonnes": 602}	182034.25	held
D5043	88	2024-10-12 14:56:00+00	{"goods": "peat", "tonnes": 616}	197872.25	released
D5044	90	2024-10-19 01:30:00+00	{"goods": "timber", "tonnes": 630}	213710.25	declared
D5045	92	2024-10-25 12:04:00+00	{"goods": "cars", "tonnes": 644}	229548.25	held
D5046	94	2024-10-31 22:38:00+00	{"goods": "steel", "tonnes": 658}	245386.25	released
D5047	96	2024-11-07 09:12:00+00	{"goods": "grain", "tonnes": 672}	11224.25	declared
D5048	98	2024-11-13 19:46:00+00	{"goods": "peat", "tonnes": 686}	27062.25	held
D5049	100	2024-11-20 06:20:00+00	{"goods": "timber", "tonnes": 700}	42900.25	released
D5050	102	2024-11-26 16:54:00+00	{"goods": "cars", "tonnes": 714}	58738.25	declared
D5051	104	2024-12-03 03:28:00+00	{"goods": "steel", "tonnes": 728}	74576.25	held
D5052	106	2024-12-09 14:02:00+00	{"goods": "grain", "tonnes": 742}	90414.25	released
D5053	108	2024-12-16 00:36:00+00	{"goods": "peat", "tonnes": 756}	106252.25	declared
D5054	110	2024-12-22 11:10:00+00	{"goods": "timber", "tonnes": 770}	122090.25	held
D5055	112	2024-12-28 21:44:00+00	{"goods": "cars", "tonnes": 784}	137928.25	released
D5056	114	2025-01-04 08:18:00+00	{"goods": "steel", "tonnes": 798}	153766.25	declared
D5057	116	2025-01-10 18:52:00+00	{"goods": "grain", "tonnes": 812}	169604.25	held
D5058	118	2025-01-17 05:26:00+00	{"goods": "peat", "tonnes": 826}	185442.25	released
D5059	120	2025-01-23 16:00:00+00	{"goods": "timber", "tonnes": 840}	201280.25	declared
D5060	122	2025-01-30 02:34:00+00	{"goods": "cars", "tonnes": 854}	217118.25	held
D5061	124	2025-02-05 13:08:00+00	{"goods": "steel", "tonnes": 868}	232956.25	released
D5062	126	2025-02-11 23:42:00+00	{"goods": "grain", "tonnes": 882}	248794.25	declared
D5063	128	2025-02-18 10:16:00+00	{"goods": "peat", "tonnes": 896}	14632.25	held
D5064	130	2025-02-24 20:50:00+00	{"goods": "timber", "tonnes": 10}	30470.25	released
D5065	132	2025-03-03 07:24:00+00	{"goods": "cars", "tonnes": 24}	46308.25	declared
D5066	134	2025-03-09 17:58:00+00	{"goods": "steel", "tonnes": 38}	62146.25	held
D5067	136	2025-03-16 04:32:00+00	{"goods": "grain", "tonnes": 52}	77984.25	released
D5068	138	2025-03-22 15:06:00+00	{"goods": "peat", "tonnes": 66}	93822.25	declared
D5069	140	2025-03-29 01:40:00+00	{"goods": "timber", "tonnes": 80}	109660.25	held
D5070	142	2025-04-04 12:14:00+00	{"goods": "cars", "tonnes": 94}	125498.25	released
D5071	144	2025-04-10 22:48:00+00	{"goods": "steel", "tonnes": 108}	141336.25	declared
D5072	146	2025-04-17 09:22:00+00	{"goods": "grain", "tonnes": 122}	157174.25	held
D5073	148	2025-04-23 19:56:00+00	{"goods": "peat", "tonnes": 136}	173012.25	released
D5074	150	2025-04-30 06:30:00+00	{"goods": "timber", "tonnes": 150}	188850.25	declared
D5075	152	2025-05-06 17:04:00+00	{"goods": "cars", "tonnes": 164}	204688.25	held
D5076	154	2025-05-13 03:38:00+00	{"goods": "steel", "tonnes": 178}	220526.25	released
D5077	156	2025-05-19 14:12:00+00	{"goods": "grain", "tonnes": 192}	236364.25	declared
D5078	158	2025-05-26 00:46:00+00	{"goods": "peat", "tonnes": 206}	2202.25	held
D5079	160	2025-06-01 11:20:00+00	{"goods": "timber", "tonnes": 220}	18040.25	released
D5080	162	2025-06-07 21:54:00+00	{"goods": "cars", "tonnes": 234}	33878.25	declared
D5081	164	2025-06-14 08:28:00+00	{"goods": "steel", "tonnes": 248}	49716.25	held
D5082	166	2025-06-20 19:02:00+00	{"goods": "grain", "tonnes": 262}	65554.25	released
D5083	168	2025-06-27 05:36:00+00	{"goods": "peat", "tonnes": 276}	81392.25	declared
D5084	170	2025-07-03 16:10:00+00	{"goods": "timber", "tonnes": 290}	97230.25	held
D5085	172	2025-07-10 02:44:00+00	{"goods": "cars", "tonnes": 304}	113068.25	released
D5086	174	2025-07-16 13:18:00+00	{"goods": "steel", "tonnes": 318}	128906.25	declared
D5087	176	2025-07-22 23:52:00+00	{"goods": "grain", "tonnes": 332}	144744.25	held
D5088	178	2025-07-29 10:26:00+00	{"goods": "peat", "tonnes": 346}	160582.25	released
D5089	180	2025-08-04 21:00:00+00	{"goods": "timber", "tonnes": 360}	176420.25	declared
D5090	182	2025-08-11 07:34:00+00	{"goods": "cars", "tonnes": 374}	192258.25	held
D5091	184	2025-08-17 18:08:00+00	{"goods": "steel", "tonnes": 388}	208096.25	released
D5092	186	2025-08-24 04:42:00+00	{"goods": "grain", "tonnes": 402}	223934.25	declared
D5093	188	2025-08-30 15:16:00+00	{"goods": "peat", "tonnes": 416}	239772.25	held
D5094	190	2025-09-06 01:50:00+00	{"goods": "timber", "tonnes": 430}	5610.25	released
D5095	192	2025-09-12 12:24:00+00	{"goods": "cars", "tonnes": 444}	21448.25	declared
D5096	194	2025-09-18 22:58:00+00	{"goods": "steel", "tonnes": 458}	37286.25	held
D5097	196	2025-09-25 09:32:00+00	{"goods": "grain", "tonnes": 472}	53124.25	released
D5098	198	2025-10-01 20:06:00+00	{"goods": "peat", "tonnes": 486}	68962.25	declared
D5099	200	2025-10-08 06:40:00+00	{"goods": "timber", "tonnes": 500}	84800.25	held
D5100	202	2025-10-14 17:14:00+00	{"goods": "cars", "tonnes": 514}	100638.25	released
D5101	204	2025-10-21 03:48:00+00	{"goods": "steel", "tonnes": 528}	116476.25	declared
D5102	206	2025-10-27 14:22:00+00	{"goods": "grain", "tonnes": 542}	132314.25	held
D5103	208	2025-11-03 00:56:00+00	{"goods": "peat", "tonnes": 556}	148152.25	released
D5104	210	2025-11-09 11:30:00+00	{"goods": "timber", "tonnes": 570}	163990.25	declared
\.


--
-- Data for Name: berth; Type: TABLE DATA; Schema: port; Owner: harbour_master
--

COPY port.berth (number, name, kind, length, depth) FROM stdin;
1	Pier A	bulk	155.0	8.5
2	Pier B	ferry	190.0	9.5
3	Pier C	oil	225.0	10.5
4	Pier D	container	260.0	11.5
5	Pier E	bulk	295.0	12.5
6	Pier F	ferry	330.0	13.5
\.


--
-- Data for Name: call_2024; Type: TABLE DATA; Schema: port; Owner: harbour_master
--

COPY port.call_2024 (id, ship, berth, pilot, arrived_at, left_at, draught) FROM stdin;
1	S0012	6	2	2024-01-06 11:17:00+00	2024-01-06 17:17:00+00	3.2
2	S0023	5	3	2024-01-09 16:34:00+00	2024-01-09 23:34:00+00	3.3
3	S0034	4	4	2024-01-12 21:51:00+00	2024-01-13 05:51:00+00	3.4
4	S0010	3	\N	2024-01-16 03:08:00+00	2024-01-16 12:08:00+00	3.5
5	S0021	2	6	2024-01-19 08:25:00+00	2024-01-19 18:25:00+00	3.6
6	S0032	1	7	2024-01-22 13:42:00+00	2024-01-23 00:42:00+00	3.7
7	S0008	6	8	2024-01-25 18:59:00+00	2024-01-26 06:59:00+00	3.8
8	S0019	5	\N	2024-01-29 00:16:00+00	2024-01-29 13:16:00+00	3.9
9	S0030	4	2	2024-02-01 05:33:00+00	2024-02-01 19:33:00+00	4.0
10	S0006	3	3	2024-02-04 10:50:00+00	2024-02-05 01:50:00+00	4.1
11	S0017	2	4	2024-02-07 16:07:00+00	2024-02-08 08:07:00+00	4.2
12	S0028	1	\N	2024-02-10 21:24:00+00	2024-02-11 14:24:00+00	4.3
13	S0004	6	6	2024-02-14 02:41:00+00	2024-02-14 20:41:00+00	4.4
14	S0015	5	7	2024-02-17 07:58:00+00	2024-02-18 02:58:00+00	4.5
15	S0026	4	8	2024-02-20 13:15:00+00	2024-02-21 09:15:00+00	4.6
16	S0002	3	\N	2024-02-23 18:32:00+00	2024-02-24 15:32:00+00	4.7
17	S0013	2	2	2024-02-26 23:49:00+00	2024-02-27 21:49:00+00	4.8
18	S0024	1	3	2024-03-01 05:06:00+00	2024-03-02 04:06:00+00	4.9
19	S0035	6	4	2024-03-04 10:23:00+00	2024-03-05 10:23:00+00	5.0
20	S0011	5	\N	2024-03-07 15:40:00+00	2024-03-08 16:40:00+00	5.1
21	S0022	4	6	2024-03-10 20:57:00+00	2024-03-11 22:57:00+00	5.2
22	S0033	3	7	2024-03-14 02:14:00+00	2024-03-15 05:14:00+00	5.3
23	S0009	2	8	2024-03-17 07:31:00+00	2024-03-18 11:31:00+00	5.4
24	S0020	1	\N	2024-03-20 12:48:00+00	2024-03-21 17:48:00+00	5.5
25	S0031	6	2	2024-03-23 18:05:00+00	2024-03-25 00:05:00+00	5.6
26	S0007	5	3	2024-03-26 23:22:00+00	2024-03-28 06:22:00+00	5.7
27	S0018	4	4	2024-03-30 04:39:00+00	2024-03-31 12:39:00+00	5.8
28	S0029	3	\N	2024-04-02 09:56:00+00	2024-04-03 18:56:00+00	5.9
29	S0005	2	6	2024-04-05 15:13:00+00	2024-04-07 01:13:00+00	6.0
30	S0016	1	7	2024-04-08 20:30:00+00	2024-04-10 07:30:00+00	6.1
31	S0027	6	8	2024-04-12 01:47:00+00	2024-04-13 13:47:00+00	6.2
32	S0003	5	\N	2024-04-15 07:04:00+00	2024-04-16 20:04:00+00	6.3
33	S0014	4	2	2024-04-18 12:21:00+00	2024-04-20 02:21:00+00	6.4
34	S0025	3	3	2024-04-21 17:38:00+00	2024-04-23 08:38:00+00	6.5
35	S0001	2	4	2024-04-24 22:55:00+00	2024-04-26 14:55:00+00	6.6
36	S0012	1	\N	2024-04-28 04:12:00+00	2024-04-29 21:12:00+00	6.7
37	S0023	6	6	2024-05-01 09:29:00+00	2024-05-03 03:29:00+00	6.8
38	S0034	5	7	2024-05-04 14:46:00+00	2024-05-06 09:46:00+00	6.9
39	S0010	4	8	2024-05-07 20:03:00+00	2024-05-09 16:03:00+00	7.0
40	S0021	3	\N	2024-05-11 01:20:00+00	2024-05-11 06:20:00+00	7.1
41	S0032	2	2	2024-05-14 06:37:00+00	2024-05-14 12:37:00+00	7.2
42	S0008	1	3	2024-05-17 11:54:00+00	2024-05-17 18:54:00+00	7.3
43	S0019	6	4	2024-05-20 17:11:00+00	2024-05-21 01:11:00+00	7.4
44	S0030	5	\N	2024-05-23 22:28:00+00	2024-05-24 07:28:00+00	7.5
45	S0006	4	6	2024-05-27 03:45:00+00	2024-05-27 13:45:00+00	7.6
46	S0017	3	7	2024-05-30 09:02:00+00	2024-05-30 20:02:00+00	7.7
47	S0028	2	8	2024-06-02 14:19:00+00	2024-06-03 02:19:00+00	7.8
48	S0004	1	\N	2024-06-05 19:36:00+00	2024-06-06 08:36:00+00	7.9
49	S0015	6	2	2024-06-09 00:53:00+00	2024-06-09 14:53:00+00	8.0
50	S0026	5	3	2024-06-12 06:10:00+00	2024-06-12 21:10:00+00	8.1
51	S0002	4	4	2024-06-15 11:27:00+00	2024-06-16 03:27:00+00	8.2
52	S0013	3	\N	2024-06-18 16:44:00+00	2024-06-19 09:44:00+00	8.3
53	S0024	2	6	2024-06-21 22:01:00+00	2024-06-22 16:01:00+00	8.4
54	S0035	1	7	2024-06-25 03:18:00+00	2024-06-25 22:18:00+00	8.5
55	S0011	6	8	2024-06-28 08:35:00+00	2024-06-29 04:35:00+00	8.6
56	S0022	5	\N	2024-07-01 13:52:00+00	2024-07-02 10:52:00+00	8.7
57	S0033	4	2	2024-07-04 19:09:00+00	2024-07-05 17:09:00+00	8.8
58	S0009	3	3	2024-07-08 00:26:00+00	2024-07-08 23:26:00+00	8.9
59	S0020	2	4	2024-07-11 05:43:00+00	2024-07-12 05:43:00+00	9.0
60	S0031	1	\N	2024-07-14 11:00:00+00	2024-07-15 12:00:00+00	3.1
61	S0007	6	6	2024-07-17 16:17:00+00	2024-07-18 18:17:00+00	3.2
62	S0018	5	7	2024-07-20 21:34:00+00	2024-07-22 00:34:00+00	3.3
63	S0029	4	8	2024-07-24 02:51:00+00	2024-07-25 06:51:00+00	3.4
64	S0005	3	\N	2024-07-27 08:08:00+00	2024-07-28 13:08:00+00	3.5
65	S0016	2	2	2024-07-30 13:25:00+00	2024-07-31 19:25:00+00	3.6
66	S0027	1	3	2024-08-02 18:42:00+00	2024-08-04 01:42:00+00	3.7
67	S0003	6	4	2024-08-05 23:59:00+00	2024-08-07 07:59:00+00	3.8
68	S0014	5	\N	2024-08-09 05:16:00+00	2024-08-10 14:16:00+00	3.9
69	S0025	4	6	2024-08-12 10:33:00+00	2024-08-13 20:33:00+00	4.0
70	S0001	3	7	2024-08-15 15:50:00+00	2024-08-17 02:50:00+00	4.1
71	S0012	2	8	2024-08-18 21:07:00+00	2024-08-20 09:07:00+00	4.2
72	S0023	1	\N	2024-08-22 02:24:00+00	2024-08-23 15:24:00+00	4.3
73	S0034	6	2	2024-08-25 07:41:00+00	2024-08-26 21:41:00+00	4.4
74	S0010	5	3	2024-08-28 12:58:00+00	2024-08-30 03:58:00+00	4.5
75	S0021	4	4	2024-08-31 18:15:00+00	2024-09-02 10:15:00+00	4.6
76	S0032	3	\N	2024-09-03 23:32:00+00	2024-09-05 16:32:00+00	4.7
77	S0008	2	6	2024-09-07 04:49:00+00	2024-09-08 22:49:00+00	4.8
78	S0019	1	7	2024-09-10 10:06:00+00	2024-09-12 05:06:00+00	4.9
79	S0030	6	8	2024-09-13 15:23:00+00	2024-09-15 11:23:00+00	5.0
80	S0006	5	\N	2024-09-16 20:40:00+00	2024-09-17 01:40:00+00	5.1
81	S0017	4	2	2024-09-20 01:57:00+00	2024-09-20 07:57:00+00	5.2
82	S0028	3	3	2024-09-23 07:14:00+00	2024-09-23 14:14:00+00	5.3
83	S0004	2	4	2024-09-26 12:31:00+00	2024-09-26 20:31:00+00	5.4
84	S0015	1	\N	2024-09-29 17:48:00+00	2024-09-30 02:48:00+00	5.5
85	S0026	6	6	2024-10-02 23:05:00+00	2024-10-03 09:05:00+00	5.6
86	S0002	5	7	2024-10-06 04:22:00+00	2024-10-06 15:22:00+00	5.7
87	S0013	4	8	2024-10-09 09:39:00+00	2024-10-09 21:39:00+00	5.8
88	S0024	3	\N	2024-10-12 14:56:00+00	2024-10-13 03:56:00+00	5.9
89	S0035	2	2	2024-10-15 20:13:00+00	2024-10-16 10:13:00+00	6.0
90	S0011	1	3	2024-10-19 01:30:00+00	2024-10-19 16:30:00+00	6.1
91	S0022	6	4	2024-10-22 06:47:00+00	2024-10-22 22:47:00+00	6.2
92	S0033	5	\N	2024-10-25 12:04:00+00	2024-10-26 05:04:00+00	6.3
93	S0009	4	6	2024-10-28 17:21:00+00	2024-10-29 11:21:00+00	6.4
94	S0020	3	7	2024-10-31 22:38:00+00	2024-11-01 17:38:00+00	6.5
95	S0031	2	8	2024-11-04 03:55:00+00	2024-11-04 23:55:00+00	6.6
96	S0007	1	\N	2024-11-07 09:12:00+00	2024-11-08 06:12:00+00	6.7
97	S0018	6	2	2024-11-10 14:29:00+00	2024-11-11 12:29:00+00	6.8
98	S0029	5	3	2024-11-13 19:46:00+00	2024-11-14 18:46:00+00	6.9
99	S0005	4	4	2024-11-17 01:03:00+00	2024-11-18 01:03:00+00	7.0
100	S0016	3	\N	2024-11-20 06:20:00+00	2024-11-21 07:20:00+00	7.1
101	S0027	2	6	2024-11-23 11:37:00+00	2024-11-24 13:37:00+00	7.2
102	S0003	1	7	2024-11-26 16:54:00+00	2024-11-27 19:54:00+00	7.3
103	S0014	6	8	2024-11-29 22:11:00+00	2024-12-01 02:11:00+00	7.4
104	S0025	5	\N	2024-12-03 03:28:00+00	2024-12-04 08:28:00+00	7.5
105	S0001	4	2	2024-12-06 08:45:00+00	2024-12-07 14:45:00+00	7.6
106	S0012	3	3	2024-12-09 14:02:00+00	2024-12-10 21:02:00+00	7.7
107	S0023	2	4	2024-12-12 19:19:00+00	2024-12-14 03:19:00+00	7.8
108	S0034	1	\N	2024-12-16 00:36:00+00	2024-12-17 09:36:00+00	7.9
109	S0010	6	6	2024-12-19 05:53:00+00	2024-12-20 15:53:00+00	8.0
110	S0021	5	7	2024-12-22 11:10:00+00	2024-12-23 22:10:00+00	8.1
111	S0032	4	8	2024-12-25 16:27:00+00	2024-12-27 04:27:00+00	8.2
112	S0008	3	\N	2024-12-28 21:44:00+00	2024-12-30 10:44:00+00	8.3
\.


--
-- Data for Name: call_2025; Type: TABLE DATA; Schema: port; Owner: harbour_master
--

COPY port.call_2025 (id, ship, berth, pilot, arrived_at, left_at, draught) FROM stdin;
113	S0019	2	2	2025-01-01 03:01:00+00	2025-01-02 17:01:00+00	8.4
114	S0030	1	3	2025-01-04 08:18:00+00	2025-01-05 23:18:00+00	8.5
115	S0006	6	4	2025-01-07 13:35:00+00	2025-01-09 05:35:00+00	8.6
116	S0017	5	\N	2025-01-10 18:52:00+00	2025-01-12 11:52:00+00	8.7
117	S0028	4	6	2025-01-14 00:09:00+00	2025-01-15 18:09:00+00	8.8
118	S0004	3	7	2025-01-17 05:26:00+00	2025-01-19 00:26:00+00	8.9
119	S0015	2	8	2025-01-20 10:43:00+00	2025-01-22 06:43:00+00	9.0
120	S0026	1	\N	2025-01-23 16:00:00+00	2025-01-23 21:00:00+00	3.1
121	S0002	6	2	2025-01-26 21:17:00+00	2025-01-27 03:17:00+00	3.2
122	S0013	5	3	2025-01-30 02:34:00+00	2025-01-30 09:34:00+00	3.3
123	S0024	4	4	2025-02-02 07:51:00+00	2025-02-02 15:51:00+00	3.4
124	S0035	3	\N	2025-02-05 13:08:00+00	2025-02-05 22:08:00+00	3.5
125	S0011	2	6	2025-02-08 18:25:00+00	2025-02-09 04:25:00+00	3.6
126	S0022	1	7	2025-02-11 23:42:00+00	2025-02-12 10:42:00+00	3.7
127	S0033	6	8	2025-02-15 04:59:00+00	2025-02-15 16:59:00+00	3.8
128	S0009	5	\N	2025-02-18 10:16:00+00	2025-02-18 23:16:00+00	3.9
129	S0020	4	2	2025-02-21 15:33:00+00	2025-02-22 05:33:00+00	4.0
130	S0031	3	3	2025-02-24 20:50:00+00	2025-02-25 11:50:00+00	4.1
131	S0007	2	4	2025-02-28 02:07:00+00	2025-02-28 18:07:00+00	4.2
132	S0018	1	\N	2025-03-03 07:24:00+00	2025-03-04 00:24:00+00	4.3
133	S0029	6	6	2025-03-06 12:41:00+00	2025-03-07 06:41:00+00	4.4
134	S0005	5	7	2025-03-09 17:58:00+00	2025-03-10 12:58:00+00	4.5
135	S0016	4	8	2025-03-12 23:15:00+00	2025-03-13 19:15:00+00	4.6
136	S0027	3	\N	2025-03-16 04:32:00+00	2025-03-17 01:32:00+00	4.7
137	S0003	2	2	2025-03-19 09:49:00+00	2025-03-20 07:49:00+00	4.8
138	S0014	1	3	2025-03-22 15:06:00+00	2025-03-23 14:06:00+00	4.9
139	S0025	6	4	2025-03-25 20:23:00+00	2025-03-26 20:23:00+00	5.0
140	S0001	5	\N	2025-03-29 01:40:00+00	2025-03-30 02:40:00+00	5.1
141	S0012	4	6	2025-04-01 06:57:00+00	2025-04-02 08:57:00+00	5.2
142	S0023	3	7	2025-04-04 12:14:00+00	2025-04-05 15:14:00+00	5.3
143	S0034	2	8	2025-04-07 17:31:00+00	2025-04-08 21:31:00+00	5.4
144	S0010	1	\N	2025-04-10 22:48:00+00	2025-04-12 03:48:00+00	5.5
145	S0021	6	2	2025-04-14 04:05:00+00	2025-04-15 10:05:00+00	5.6
146	S0032	5	3	2025-04-17 09:22:00+00	2025-04-18 16:22:00+00	5.7
147	S0008	4	4	2025-04-20 14:39:00+00	2025-04-21 22:39:00+00	5.8
148	S0019	3	\N	2025-04-23 19:56:00+00	2025-04-25 04:56:00+00	5.9
149	S0030	2	6	2025-04-27 01:13:00+00	2025-04-28 11:13:00+00	6.0
150	S0006	1	7	2025-04-30 06:30:00+00	2025-05-01 17:30:00+00	6.1
151	S0017	6	8	2025-05-03 11:47:00+00	2025-05-04 23:47:00+00	6.2
152	S0028	5	\N	2025-05-06 17:04:00+00	2025-05-08 06:04:00+00	6.3
153	S0004	4	2	2025-05-09 22:21:00+00	2025-05-11 12:21:00+00	6.4
154	S0015	3	3	2025-05-13 03:38:00+00	2025-05-14 18:38:00+00	6.5
155	S0026	2	4	2025-05-16 08:55:00+00	2025-05-18 00:55:00+00	6.6
156	S0002	1	\N	2025-05-19 14:12:00+00	2025-05-21 07:12:00+00	6.7
157	S0013	6	6	2025-05-22 19:29:00+00	2025-05-24 13:29:00+00	6.8
158	S0024	5	7	2025-05-26 00:46:00+00	2025-05-27 19:46:00+00	6.9
159	S0035	4	8	2025-05-29 06:03:00+00	2025-05-31 02:03:00+00	7.0
160	S0011	3	\N	2025-06-01 11:20:00+00	2025-06-01 16:20:00+00	7.1
161	S0022	2	2	2025-06-04 16:37:00+00	2025-06-04 22:37:00+00	7.2
162	S0033	1	3	2025-06-07 21:54:00+00	2025-06-08 04:54:00+00	7.3
163	S0009	6	4	2025-06-11 03:11:00+00	2025-06-11 11:11:00+00	7.4
164	S0020	5	\N	2025-06-14 08:28:00+00	2025-06-14 17:28:00+00	7.5
165	S0031	4	6	2025-06-17 13:45:00+00	2025-06-17 23:45:00+00	7.6
166	S0007	3	7	2025-06-20 19:02:00+00	2025-06-21 06:02:00+00	7.7
167	S0018	2	8	2025-06-24 00:19:00+00	2025-06-24 12:19:00+00	7.8
168	S0029	1	\N	2025-06-27 05:36:00+00	2025-06-27 18:36:00+00	7.9
169	S0005	6	2	2025-06-30 10:53:00+00	2025-07-01 00:53:00+00	8.0
170	S0016	5	3	2025-07-03 16:10:00+00	2025-07-04 07:10:00+00	8.1
171	S0027	4	4	2025-07-06 21:27:00+00	2025-07-07 13:27:00+00	8.2
172	S0003	3	\N	2025-07-10 02:44:00+00	2025-07-10 19:44:00+00	8.3
173	S0014	2	6	2025-07-13 08:01:00+00	2025-07-14 02:01:00+00	8.4
174	S0025	1	7	2025-07-16 13:18:00+00	2025-07-17 08:18:00+00	8.5
175	S0001	6	8	2025-07-19 18:35:00+00	2025-07-20 14:35:00+00	8.6
176	S0012	5	\N	2025-07-22 23:52:00+00	2025-07-23 20:52:00+00	8.7
177	S0023	4	2	2025-07-26 05:09:00+00	2025-07-27 03:09:00+00	8.8
178	S0034	3	3	2025-07-29 10:26:00+00	2025-07-30 09:26:00+00	8.9
179	S0010	2	4	2025-08-01 15:43:00+00	2025-08-02 15:43:00+00	9.0
180	S0021	1	\N	2025-08-04 21:00:00+00	2025-08-05 22:00:00+00	3.1
181	S0032	6	6	2025-08-08 02:17:00+00	2025-08-09 04:17:00+00	3.2
182	S0008	5	7	2025-08-11 07:34:00+00	2025-08-12 10:34:00+00	3.3
183	S0019	4	8	2025-08-14 12:51:00+00	2025-08-15 16:51:00+00	3.4
184	S0030	3	\N	2025-08-17 18:08:00+00	2025-08-18 23:08:00+00	3.5
185	S0006	2	2	2025-08-20 23:25:00+00	2025-08-22 05:25:00+00	3.6
186	S0017	1	3	2025-08-24 04:42:00+00	2025-08-25 11:42:00+00	3.7
187	S0028	6	4	2025-08-27 09:59:00+00	2025-08-28 17:59:00+00	3.8
188	S0004	5	\N	2025-08-30 15:16:00+00	2025-09-01 00:16:00+00	3.9
189	S0015	4	6	2025-09-02 20:33:00+00	2025-09-04 06:33:00+00	4.0
190	S0026	3	7	2025-09-06 01:50:00+00	2025-09-07 12:50:00+00	4.1
191	S0002	2	8	2025-09-09 07:07:00+00	2025-09-10 19:07:00+00	4.2
192	S0013	1	\N	2025-09-12 12:24:00+00	2025-09-14 01:24:00+00	4.3
193	S0024	6	2	2025-09-15 17:41:00+00	2025-09-17 07:41:00+00	4.4
194	S0035	5	3	2025-09-18 22:58:00+00	2025-09-20 13:58:00+00	4.5
195	S0011	4	4	2025-09-22 04:15:00+00	2025-09-23 20:15:00+00	4.6
196	S0022	3	\N	2025-09-25 09:32:00+00	2025-09-27 02:32:00+00	4.7
197	S0033	2	6	2025-09-28 14:49:00+00	2025-09-30 08:49:00+00	4.8
198	S0009	1	7	2025-10-01 20:06:00+00	2025-10-03 15:06:00+00	4.9
199	S0020	6	8	2025-10-05 01:23:00+00	2025-10-06 21:23:00+00	5.0
200	S0031	5	\N	2025-10-08 06:40:00+00	2025-10-08 11:40:00+00	5.1
201	S0007	4	2	2025-10-11 11:57:00+00	2025-10-11 17:57:00+00	5.2
202	S0018	3	3	2025-10-14 17:14:00+00	2025-10-15 00:14:00+00	5.3
203	S0029	2	4	2025-10-17 22:31:00+00	2025-10-18 06:31:00+00	5.4
204	S0005	1	\N	2025-10-21 03:48:00+00	2025-10-21 12:48:00+00	5.5
205	S0016	6	6	2025-10-24 09:05:00+00	\N	5.6
206	S0027	5	7	2025-10-27 14:22:00+00	\N	5.7
207	S0003	4	8	2025-10-30 19:39:00+00	\N	5.8
208	S0014	3	\N	2025-11-03 00:56:00+00	\N	5.9
209	S0025	2	2	2025-11-06 06:13:00+00	\N	6.0
210	S0001	1	3	2025-11-09 11:30:00+00	\N	6.1
\.


--
-- Data for Name: pilot; Type: TABLE DATA; Schema: port; Owner: harbour_master
--

COPY port.pilot (id, name, licences, certificates) FROM stdin;
1	Pilot 1	{inner,ice}	{"until": "2027-01-31", "number": 101}
2	Pilot 2	{inner,outer}	{"until": "2027-03-02", "number": 102}
3	Pilot 3	{inner,ice}	{"until": "2027-04-01", "number": 103}
4	Pilot 4	{inner,outer}	{"until": "2027-05-01", "number": 104}
5	Pilot 5	{inner,ice}	{"until": "2027-05-31", "number": 105}
6	Pilot 6	{inner,outer}	{"until": "2027-06-30", "number": 106}
7	Pilot 7	{inner,ice}	{"until": "2027-07-30", "number": 107}
8	Pilot 8	{inner,outer}	{"until": "2027-08-29", "number": 108}
\.


--
-- Data for Name: ship; Type: TABLE DATA; Schema: port; Owner: harbour_master
--

COPY port.ship (number, name, flag, length, built) FROM stdin;
S0001	Northern Anchor	FI	97.5	1983
S0002	Little Star	LU	134.5	1996
S0003	Faithful Juniper	SE	171.5	2009
S0004	Amber Lark	EE	208.5	2022
S0005	Grey Wave	FI	245.5	1980
S0006	Northern Otter	LU	282.5	1993
S0007	Little Heron	SE	79.5	2006
S0008	Faithful Anchor	EE	116.5	2019
S0009	Amber Star	FI	153.5	1977
S0010	Grey Juniper	LU	190.5	1990
S0011	Northern Lark	SE	227.5	2003
S0012	Little Wave	EE	264.5	2016
S0013	Faithful Otter	FI	61.5	1974
S0014	Amber Heron	LU	98.5	1987
S0015	Grey Anchor	SE	135.5	2000
S0016	Northern Star	EE	172.5	2013
S0017	Little Juniper	FI	209.5	1971
S0018	Faithful Lark	LU	246.5	1984
S0019	Amber Wave	SE	283.5	1997
S0020	Grey Otter	EE	80.5	2010
S0021	Northern Heron	FI	117.5	2023
S0022	Little Anchor	LU	154.5	1981
S0023	Faithful Star	SE	191.5	1994
S0024	Amber Juniper	EE	228.5	2007
S0025	Grey Lark	FI	265.5	2020
S0026	Northern Wave	LU	62.5	1978
S0027	Little Otter	SE	99.5	1991
S0028	Faithful Heron	EE	136.5	2004
S0029	Amber Anchor	FI	173.5	2017
S0030	Grey Star	LU	210.5	1975
S0031	Northern Juniper	SE	247.5	1988
S0032	Little Lark	EE	284.5	2001
S0033	Faithful Wave	FI	81.5	2014
S0034	Amber Otter	LU	118.5	1972
S0035	Grey Heron	SE	155.5	1985
\.


--
-- Name: paper_number; Type: SEQUENCE SET; Schema: customs; Owner: harbour_master
--

SELECT pg_catalog.setval('customs.paper_number', 5104, true);


--
-- Name: call_id_seq; Type: SEQUENCE SET; Schema: port; Owner: harbour_master
--

SELECT pg_catalog.setval('port.call_id_seq', 210, true);


--
-- Name: pilot_id_seq; Type: SEQUENCE SET; Schema: port; Owner: harbour_master
--

SELECT pg_catalog.setval('port.pilot_id_seq', 8, true);


--
-- Name: declaration declaration_pkey; Type: CONSTRAINT; Schema: customs; Owner: harbour_master
--

ALTER TABLE ONLY customs.declaration
    ADD CONSTRAINT declaration_pkey PRIMARY KEY (number);


--
-- Name: berth berth_name_key; Type: CONSTRAINT; Schema: port; Owner: harbour_master
--

ALTER TABLE ONLY port.berth
    ADD CONSTRAINT berth_name_key UNIQUE (name);


--
-- Name: berth berth_pkey; Type: CONSTRAINT; Schema: port; Owner: harbour_master
--

ALTER TABLE ONLY port.berth
    ADD CONSTRAINT berth_pkey PRIMARY KEY (number);


--
-- Name: call call_pkey; Type: CONSTRAINT; Schema: port; Owner: harbour_master
--

ALTER TABLE ONLY port.call
    ADD CONSTRAINT call_pkey PRIMARY KEY (id, arrived_at);


--
-- Name: call_2024 call_2024_pkey; Type: CONSTRAINT; Schema: port; Owner: harbour_master
--

ALTER TABLE ONLY port.call_2024
    ADD CONSTRAINT call_2024_pkey PRIMARY KEY (id, arrived_at);


--
-- Name: call_2025 call_2025_pkey; Type: CONSTRAINT; Schema: port; Owner: harbour_master
--

ALTER TABLE ONLY port.call_2025
    ADD CONSTRAINT call_2025_pkey PRIMARY KEY (id, arrived_at);


--
-- Name: pilot pilot_pkey; Type: CONSTRAINT; Schema: port; Owner: harbour_master
--

ALTER TABLE ONLY port.pilot
    ADD CONSTRAINT pilot_pkey PRIMARY KEY (id);


--
-- Name: ship ship_pkey; Type: CONSTRAINT; Schema: port; Owner: harbour_master
--

ALTER TABLE ONLY port.ship
    ADD CONSTRAINT ship_pkey PRIMARY KEY (number);


--
-- Name: call_of_ship; Type: INDEX; Schema: port; Owner: harbour_master
--

CREATE INDEX call_of_ship ON ONLY port.call USING btree (ship, arrived_at DESC);


--
-- Name: call_2024_ship_arrived_at_idx; Type: INDEX; Schema: port; Owner: harbour_master
--

CREATE INDEX call_2024_ship_arrived_at_idx ON port.call_2024 USING btree (ship, arrived_at DESC);


--
-- Name: call_2025_ship_arrived_at_idx; Type: INDEX; Schema: port; Owner: harbour_master
--

CREATE INDEX call_2025_ship_arrived_at_idx ON port.call_2025 USING btree (ship, arrived_at DESC);


--
-- Name: call_2024_pkey; Type: INDEX ATTACH; Schema: port; Owner: harbour_master
--

ALTER INDEX port.call_pkey ATTACH PARTITION port.call_2024_pkey;


--
-- Name: call_2024_ship_arrived_at_idx; Type: INDEX ATTACH; Schema: port; Owner: harbour_master
--

ALTER INDEX port.call_of_ship ATTACH PARTITION port.call_2024_ship_arrived_at_idx;


--
-- Name: call_2025_pkey; Type: INDEX ATTACH; Schema: port; Owner: harbour_master
--

ALTER INDEX port.call_pkey ATTACH PARTITION port.call_2025_pkey;


--
-- Name: call_2025_ship_arrived_at_idx; Type: INDEX ATTACH; Schema: port; Owner: harbour_master
--

ALTER INDEX port.call_of_ship ATTACH PARTITION port.call_2025_ship_arrived_at_idx;


--
-- Name: declaration declaration_call_arrived_at_fkey; Type: FK CONSTRAINT; Schema: customs; Owner: harbour_master
--

ALTER TABLE ONLY customs.declaration
    ADD CONSTRAINT declaration_call_arrived_at_fkey FOREIGN KEY (call, arrived_at) REFERENCES port.call(id, arrived_at);


--
-- Name: call call_berth_fkey; Type: FK CONSTRAINT; Schema: port; Owner: harbour_master
--

ALTER TABLE port.call
    ADD CONSTRAINT call_berth_fkey FOREIGN KEY (berth) REFERENCES port.berth(number);


--
-- Name: call call_pilot_fkey; Type: FK CONSTRAINT; Schema: port; Owner: harbour_master
--

ALTER TABLE port.call
    ADD CONSTRAINT call_pilot_fkey FOREIGN KEY (pilot) REFERENCES port.pilot(id);


--
-- Name: call call_ship_fkey; Type: FK CONSTRAINT; Schema: port; Owner: harbour_master
--

ALTER TABLE port.call
    ADD CONSTRAINT call_ship_fkey FOREIGN KEY (ship) REFERENCES port.ship(number);


--
-- Name: declaration; Type: ROW SECURITY; Schema: customs; Owner: harbour_master
--

ALTER TABLE customs.declaration ENABLE ROW LEVEL SECURITY;

--
-- Name: declaration own_office; Type: POLICY; Schema: customs; Owner: harbour_master
--

CREATE POLICY own_office ON customs.declaration FOR SELECT TO customs_clerk USING ((state <> 'held'::customs.state));


--
-- Name: SCHEMA customs; Type: ACL; Schema: -; Owner: harbour_master
--

GRANT USAGE ON SCHEMA customs TO customs_clerk;


--
-- Name: SCHEMA port; Type: ACL; Schema: -; Owner: harbour_master
--

GRANT USAGE ON SCHEMA port TO harbour_reader;


--
-- Name: SEQUENCE paper_number; Type: ACL; Schema: customs; Owner: harbour_master
--

GRANT USAGE ON SEQUENCE customs.paper_number TO customs_clerk;


--
-- Name: TABLE declaration; Type: ACL; Schema: customs; Owner: harbour_master
--

GRANT SELECT,INSERT,UPDATE ON TABLE customs.declaration TO customs_clerk;


--
-- Name: TABLE berth; Type: ACL; Schema: port; Owner: harbour_master
--

GRANT SELECT ON TABLE port.berth TO harbour_reader;


--
-- Name: TABLE call; Type: ACL; Schema: port; Owner: harbour_master
--

GRANT SELECT ON TABLE port.call TO harbour_reader;


--
-- Name: TABLE call_2024; Type: ACL; Schema: port; Owner: harbour_master
--

GRANT SELECT ON TABLE port.call_2024 TO harbour_reader;


--
-- Name: TABLE call_2025; Type: ACL; Schema: port; Owner: harbour_master
--

GRANT SELECT ON TABLE port.call_2025 TO harbour_reader;


--
-- Name: TABLE ship; Type: ACL; Schema: port; Owner: harbour_master
--

GRANT SELECT ON TABLE port.ship TO harbour_reader;


--
-- Name: TABLE in_harbour; Type: ACL; Schema: port; Owner: harbour_master
--

GRANT SELECT ON TABLE port.in_harbour TO harbour_reader;


--
-- Name: TABLE pilot; Type: ACL; Schema: port; Owner: harbour_master
--

GRANT SELECT ON TABLE port.pilot TO harbour_reader;


--
-- Name: value_by_state; Type: MATERIALIZED VIEW DATA; Schema: customs; Owner: harbour_master
--

REFRESH MATERIALIZED VIEW customs.value_by_state;


--
-- PostgreSQL database dump complete
--

\unrestrict UBdlDF6LKDUEE0ukiBvfZdaafsV2a8L5Eg8o0GxpnKywgUbeicLz9s0sNeyutjW

