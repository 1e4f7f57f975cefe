"""A good scenario, and what is told of it when something in it is replaced."""

GOOD = """\
name: power loss
people: 13000
registers: [population, land]
copies:
  - {name: standby, kind: streaming, synchronous: false}
  - {name: courier, kind: dump, every: 10s}
citizens: {per_second: 40, timeout: 1s, stable_for: 2s}
calm: 5s
outage: {kind: power_loss}
response:
  detect: {every: 200ms, misses: 3}
  declare: {by: officer, after: 1s}
  fence: cut
recovery: {kind: promote, from: standby}
serve: after_gate
objectives:
  rto: 30s
  rpo: 5s
  registers: {land: {rto: 1m, rpo: 0s}}
expect_missed: {data_loss: [land]}
"""

A_PART = (
    "operator_drop leaves other registers at home, and promote would bring up all of them a second time: recover from a"
    " dump or an archive"
)
UNTIL_THE_OUTAGE = GOOD.partition("synchronous: false}")[2].partition("power_loss")[0]

# (what is replaced, by what, every message that must come)
MISTAKES = [
    (
        "people: 13000",
        "people: '13000'",
        ["2:9: people should be a whole number, not '13000' (write it without quotes)"],
    ),
    ("people: 13000", "people: true", ["2:9: people should be a whole number, not true"]),
    ("people: 13000", "people: 1.5", ["2:9: people should be a whole number, not 1.5"]),
    (
        "people: 13000",
        "link: {bandwidth: 1Gbps}",
        ["2:19: link.bandwidth: '1Gbps' is no bandwidth (did you mean 1Gbit/s?): write it as 1Gbit/s, 100Mbit/s or"],
    ),
    ("people: 13000", "link: {rtt: 0s}", ["2:13: link.rtt should be greater than 0, not '0s'"]),
    ("people: 13000", "link: {rtt: 38}", ["2:13: link.rtt: 38 has no unit: write 38s, 38ms or 38m"]),
    ("people: 13000", "link: {rtt: 6s}", ["2:7: link: an rtt of 6s is longer than 5s"]),
    ("people: 13000", "link: {delay: 38ms}", ["2:8: unknown key 'delay' (known: rtt, bandwidth)"]),
    (
        "people: 13000",
        "link: {}",
        ["2:7: link: it shapes nothing: write rtt, bandwidth or both, or leave link out"],
    ),
    ("people: 13000", "people: 5", ["2:9: people should be greater than or equal to 100, not 5"]),
    ("people: 13000", "people:", ["2:8: people should be a whole number, not nothing"]),
    ("people: 13000", "peopel: 13000", ["2:1: unknown key 'peopel' (did you mean people?)"]),
    ("people: 13000", "people: 13000\npeople: 2", ["3:1: duplicate key 'people': it already stands in line 2"]),
    ("people: 13000", "people: &n 13000", ["2:9: anchor &n: anchors are not allowed"]),
    ("people: 13000", "people: *n", ["2:9: alias *n: aliases are not allowed, write the value out"]),
    ("people: 13000", "people: !!int 13000", ["2:9: tag 'tag:yaml.org,2002:int': tags are not allowed"]),
    ("people: 13000", "<<: {}", ["2:1: merge keys (<<) are not allowed"]),
    ("people: 13000", "people: .inf", ["2:9: this number is too large, or is none"]),
    ("people: 13000", f"people: {'9' * 5000}", ["2:9: this number is too large, or is none"]),
    ("name: power loss", "name: 7", ["1:7: name should be text, not 7 (write it in quotes)"]),
    ("name: power loss", "name: ''", ["1:7: name must not be empty"]),
    ("name: power loss", 'name: "a\\e[31m"', ["1:7: line breaks and control characters are not allowed in text"]),
    ("name: power loss\n", "", ["1:1: `name` is missing"]),
    ("[population, land]", "[land, lnd]", ["3:19: registers[2] cannot be 'lnd' (did you mean land?)"]),
    ("[population, land]", "[land, land]", ["3:19: land is named twice"]),
    ("[population, land]", "[]", ["3:12: registers must not be empty"]),
    ("[population, land]", "some", ["3:12: registers cannot be 'some' (known: all)"]),
    ("[population, land]", "7", ["3:12: registers should be a list, not 7"]),
    (
        "[population, land]",
        "[population]",
        [
            "19:15: the register land is not in this scenario",
            "20:29: the register land is not in this scenario",
        ],
    ),
    (
        "synchronous: false",
        "synchronous: no",
        ["5:51: copies[1].synchronous should be true or false, not 'no' (did you mean false?)"],
    ),
    ("synchronous: false", "synchronus: true", ["5:38: unknown key 'synchronus' (did you mean synchronous?)"]),
    ("kind: streaming", "kind: streeming", ["5:27: unknown kind 'streeming' (did you mean streaming?)"]),
    ("kind: streaming, ", "", ["5:5: `kind` is missing in copies[1]"]),
    ("every: 10s", "every: 10", ["6:40: copies[2].every: 10 has no unit: write 10s, 10ms or 10m"]),
    ("every: 10s", "every: 5:00", ["6:40: copies[2].every: '5:00' may be minutes or hours: write 5m0s or 5h0m"]),
    ("every: 10s", "every: 0s", ["6:40: copies[2].every should be greater than 0, not '0s'"]),
    ("calm: 5s", "calm: 0s", ["8:7: calm should be greater than 0, not '0s'"]),
    ("timeout: 1s", "timeout: 0ms", ["7:37: citizens.timeout should be greater than 0, not '0ms'"]),
    (", every: 10s", "", ["6:5: `every` is missing in copies[2]"]),
    ("name: courier", "name: standby", ["6:12: another copy is already named 'standby'"]),
    (
        "calm: 5s",
        "calm: no",
        ["8:7: calm: 'no' is no duration: write it with its unit, as 200ms, 30s, 5m, 1h30m or 2d"],
    ),
    (
        "calm: 5s",
        "calm: 100ms",
        ["8:7: a calm of 100ms is too short: at 40 per second over 2 registers it must be at least 200ms"],
    ),
    (
        "kind: power_loss",
        "kind: earthquake",
        [
            "9:16: unknown kind 'earthquake'"
            " (known: freeze, network_cut, power_loss, site_destroyed, wipe, operator_drop)"
        ],
    ),
    ("kind: power_loss", "kind: wipe", ["9:1: `discovered_after` is missing in outage"]),
    (
        "kind: power_loss",
        "kind: operator_drop, register: lnd, discovered_after: 1s",
        ["9:41: outage.register cannot be 'lnd' (did you mean land?)"],
    ),
    (
        "kind: power_loss",
        "kind: operator_drop, register: business, discovered_after: 1s",
        ["9:41: the register business is not in this scenario", f"14:18: {A_PART}"],
    ),
    (
        "kind: power_loss",
        "kind: operator_drop, register: land, tables: [title, titel, title], discovered_after: 1s",
        [
            "9:63: there is no table 'titel' in land (did you mean title?)",
            "9:70: title is named twice",
            f"14:18: {A_PART}",
        ],
    ),
    (
        "outage: {kind: power_loss}\nresponse:\n  detect: {every: 200ms, misses: 3}\n"
        "  declare: {by: officer, after: 1s}\n  fence: cut",
        "outage: {kind: operator_drop, register: land, discovered_after: 1s}\nresponse:\n"
        "  declare: {by: officer, after: 1s}\n  fence: off",
        [
            "12:10: operator_drop leaves other registers at home, which `off` would take down: write cut, which closes"
            " only the databases of what is lost",
            f"13:18: {A_PART}",
        ],
    ),
    (
        f"synchronous: false}}{UNTIL_THE_OUTAGE}power_loss}}",
        f"synchronous: true}}{UNTIL_THE_OUTAGE}operator_drop, register: land, discovered_after: 1s}}",
        [
            "5:51: operator_drop leaves other registers at home, which would wait for this standby in vain once the"
            " embassy recovers: write false",
            f"14:18: {A_PART}",
        ],
    ),
    (
        "kind: promote, from: standby",
        "kind: replay, from: standby, to: {restore_point: other-1}",
        [
            "14:32: recovery replay cannot use 'standby', a copy of kind streaming: it needs a copy of kind archive",
            "14:61: 'other-1' is no restore point of 'standby': they are called standby-1, standby-2 and so on",
        ],
    ),
    ("{kind: power_loss}", "power_loss", ["9:9: outage should be a mapping of keys to values, not 'power_loss'"]),
    ("  declare: {by: officer, after: 1s}\n", "", ["10:1: `declare` is missing in response"]),
    ("fence: cut", "fence: no", ["13:10: response.fence cannot be 'no' (did you mean none?)"]),
    ("from: standby", "from: standbye", ["14:33: there is no copy named 'standbye' (did you mean standby?)"]),
    (
        "from: standby",
        "from: courier",
        ["14:33: recovery promote cannot use 'courier', a copy of kind dump: use 'standby'"],
    ),
    ("serve: after_gate", "serve: after", ["15:8: serve cannot be 'after' (did you mean after_gate?)"]),
    ("rpo: 5s", "rpo: 5 seconds", ["18:8: objectives.rpo: '5 seconds' is no duration (did you mean 5s?)"]),
    ("  rpo: 5s\n", "", ["16:1: `rpo` is missing in objectives"]),
    ("{land: {rto", "{lnad: {rto", ["19:15: unknown key 'lnad' (did you mean land?)"]),
    ("data_loss: [land]", "data_los: [land]", ["20:17: there is no check named 'data_los' (did you mean data_loss?)"]),
    ("data_loss: [land]", "data_loss: [business]", ["20:29: the register business is not in this scenario"]),
    ("data_loss: [land]", "data_loss: every", ["20:28: expect_missed.data_loss cannot be 'every' (known: all, some)"]),
    (
        "data_loss: [land]",
        "data_loss: {registers: [business], between: [5s, 2s]}",
        ["20:41: the register business is not in this scenario", "20:61: the least comes first, then the most"],
    ),
    (
        "data_loss: [land]",
        "content: {registers: all, between: [1s, 2s]}",
        ["20:52: content measures no time: write `because` (known: recovery_time, data_loss)"],
    ),
    (
        "data_loss: [land]",
        "data_loss: {because: too old}",
        ["20:17: `registers` is missing in expect_missed.data_loss"],
    ),
    ("data_loss: [land]", "data_loss: []", ["20:28: expect_missed.data_loss must not be empty"]),
    (
        "people: 13000",
        "people: x\nseed: y",
        ["2:9: people should be a whole number, not 'x'", "3:7: seed should be a whole number, not 'y'"],
    ),
]
