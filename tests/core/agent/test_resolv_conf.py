"""resolv.conf is read as the C library reads it."""

from __future__ import annotations

from ipaddress import ip_address

from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.agent.resolv_conf import ResolvConf, parse


def test_servers_and_search_domains_are_read_in_order() -> None:
    conf = parse(
        "# written by hand\n; or not\nnameserver 192.0.2.1\nnameserver\t2001:db8::1 trailing\n"
        "options edns0\nsearch corp.example. example\n"
    )

    assert conf == ResolvConf(
        servers=(ip_address("192.0.2.1"), ip_address("2001:db8::1")),
        search=("corp.example", "example"),
    )


def test_last_of_search_and_domain_counts() -> None:
    assert parse("search a b\ndomain c\n").search == ("c",)


def test_lines_that_are_not_understood_are_passed_over() -> None:
    assert parse("nameserver localhost\nnameserver\nnameserver 192.0.2.1\nx").servers == (
        ip_address("192.0.2.1"),
    )


def test_no_more_is_read_than_the_c_library_takes() -> None:
    conf = parse("nameserver 192.0.2.1\n" * 9 + "search a b c d e f g h")

    assert (len(conf.servers), len(conf.search)) == (3, 6)


def test_resolver_on_a_link_keeps_its_scope() -> None:
    assert parse("nameserver fe80::1%eth0").servers == (ip_address("fe80::1%eth0"),)


def test_bare_name_is_looked_for_in_the_search_domains_first() -> None:
    conf = ResolvConf(servers=(), search=("corp.example", "example"))

    assert conf.candidates("nas") == ("nas.corp.example", "nas.example", "nas")


def test_name_with_a_dot_is_never_searched_for() -> None:
    conf = ResolvConf(servers=(), search=("corp.example",))

    assert conf.candidates("vpn.example") == ("vpn.example",)
    assert conf.candidates("nas.") == ("nas",)


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    assert len(parse(text).servers) <= 3
