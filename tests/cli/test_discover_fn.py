"""gloo discover with an Fn server: the example's double, asked by the command itself."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.command_line import gloo
from tests.support.house import ROOT

CONFIG = """\
upstreams:
- name: fn
  type: fn
  spec: {{url: "http://127.0.0.1:{port}"}}
  discovery: {{functions: true, spec: {{app: shop, triggers: true}}}}
virtual_services:
- name: default
  routes:
  - request_matcher: {{path_exact: /order}}
    single_destination: {{function: {{upstream_name: fn, function_name: shop.order}}}}
  - request_matcher: {{path_exact: /price}}
    single_destination: {{function: {{upstream_name: fn, function_name: "shop:price"}}}}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Path]:
    command = [sys.executable, str(ROOT / "examples" / "25-fn" / "double.py"), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as double:
        assert double.stdout is not None
        (tmp_path / "gloo.yaml").write_text(CONFIG.format(port=double.stdout.readline().strip()))
        yield tmp_path
        double.terminate()


def test_routes_to_functions_and_triggers_work_once_the_server_was_asked(shop: Path) -> None:
    assert "upstream 'fn' has no function 'shop.order'" in gloo("check", shop, status=1).stdout
    rows = [line.split() for line in gloo("discover", "-d", shop).stdout.splitlines()[1:]]
    assert rows == [["shop.order", "fn", "discovered"], ["shop:price", "fn", "discovered"]]
    gloo("check", shop)
    for path, place in (("/order", "/invoke/01F4Q0Z8MMNG8G00GZJ0000002"), ("/price", "/t/shop/price")):
        assert place in gloo("explain", "GET", path, shop).stdout


def test_what_was_found_can_be_written(shop: Path) -> None:
    gloo("discover", "--write", "-d", shop)
    text = (shop / "gloo.yaml").read_text()
    assert "id: 01F4Q0Z8MMNG8G00GZJ0000002" in text
    gloo("check", shop)
