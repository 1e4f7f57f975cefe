"""The codes of people, companies and parcels: in the form and with the check digits of the real ones.

Code number i is known from i alone, so registers agree without asking each other. Personal codes begin with 9, which
no real person has. Each code exists twice: as Python, for those who draw parameters, and as SQL, for those who fill.
"""

from datetime import date, timedelta

_FIRST_BIRTHDAY = date(1930, 1, 1)
_BIRTHDAYS = 35064  # to 2025-12-31; later birthdays belong to the children born while citizens are at work
_MUNICIPALITIES = 79


def companies(people: int) -> int:
    """How many companies so many people have founded."""
    return max(20, people // 8)


def person(i: int) -> str:
    """The personal code of person i."""
    return personal_code(_FIRST_BIRTHDAY + timedelta(days=i % _BIRTHDAYS), i // _BIRTHDAYS)


def personal_code(born: date, serial: int) -> str:
    """9YYMMDDNNNC."""
    digits = f"9{born:%y%m%d}{serial:03d}"
    return digits + str(_check_digit(digits, (1, 2, 3, 4, 5, 6, 7, 8, 9, 1), (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)))


def company(j: int) -> str:
    """The registry code of company j."""
    digits = str(1_000_000 + j)
    return digits + str(_check_digit(digits, range(1, 8), range(3, 10)))


def parcel(j: int) -> str:
    """The cadastral number of parcel j, as 78401:101:0012."""
    nth, municipality = divmod(j, _MUNICIPALITIES)
    return f"{78401 - 997 * municipality:05d}:{101 + nth // 10_000:03d}:{nth % 10_000:04d}"


def _check_digit(digits: str, *weights: range | tuple[int, ...]) -> int:
    for each in weights:
        rest = sum(int(digit) * weight for digit, weight in zip(digits, each, strict=True)) % 11
        if rest < 10:
            return rest
    return 0


# The same in SQL: plpgsql, since a function of the language SQL that is not inlined costs thirty times as much.

PERSONAL_CODE = """
create function {schema}.personal_code(born date, serial bigint) returns text
language plpgsql immutable parallel safe as $$
declare
  v text := (9000000000 + to_char(born, 'YYMMDD')::bigint * 1000 + serial)::text;
  d bytea := v::bytea;
  c int := (9 + 2*get_byte(d,1) + 3*get_byte(d,2) + 4*get_byte(d,3) + 5*get_byte(d,4) + 6*get_byte(d,5)
            + 7*get_byte(d,6) + 8*get_byte(d,7) + 9*get_byte(d,8) + get_byte(d,9) - 45*48) % 11;
begin
  if c = 10 then
    c := (27 + 4*get_byte(d,1) + 5*get_byte(d,2) + 6*get_byte(d,3) + 7*get_byte(d,4) + 8*get_byte(d,5)
          + 9*get_byte(d,6) + get_byte(d,7) + 2*get_byte(d,8) + 3*get_byte(d,9) - 45*48) % 11 % 10;
  end if;
  return v || c;
end $$
"""

PERSON = """
create function {schema}.person(i bigint) returns text
language plpgsql immutable parallel safe as $$
begin
  return {schema}.personal_code(date '1930-01-01' + mod(i, 35064)::int, i / 35064);
end $$
"""

REGISTRY_CODE = """
create function {schema}.registry_code(entry bigint) returns text
language plpgsql immutable parallel safe as $$
declare
  v text := (1000000 + entry)::text;
  d bytea := v::bytea;
  c int := (get_byte(d,0) + 2*get_byte(d,1) + 3*get_byte(d,2) + 4*get_byte(d,3) + 5*get_byte(d,4) + 6*get_byte(d,5)
            + 7*get_byte(d,6) - 28*48) % 11;
begin
  if c = 10 then
    c := (3*get_byte(d,0) + 4*get_byte(d,1) + 5*get_byte(d,2) + 6*get_byte(d,3) + 7*get_byte(d,4) + 8*get_byte(d,5)
          + 9*get_byte(d,6) - 42*48) % 11 % 10;
  end if;
  return v || c;
end $$
"""

CADASTRAL_NUMBER = """
create function {schema}.cadastral_number(entry bigint) returns text
language plpgsql immutable parallel safe as $$
begin
  return to_char(78401 - 997 * mod(entry, 79), 'FM00000') || ':' || (101 + entry / 790000)
    || ':' || to_char(mod(entry / 79, 10000), 'FM0000');
end $$
"""
