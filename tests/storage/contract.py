"""What every config store promises: subclass it, and give it a `store` and ways to change what the store holds."""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from typing import TypeVar

import pytest

from gloo.errors import Conflict, NotFound, StorageError
from gloo.model.artifact import Artifact
from gloo.model.text import parse_text
from gloo.storage import ArtifactStorage, ConfigStorage, Edit, SecretState, SecretStorage, State

T = TypeVar("T")
BANK = "name: bank\ntype: service\n"
SHOP = "name: shop\ntype: service\n"


async def following(states: AsyncGenerator[T, None], wanted: Callable[[T], bool]) -> T:
    """Return the first of *states* that is *wanted*; fail after five seconds."""
    async with asyncio.timeout(5):
        async for state in states:
            if wanted(state):
                return state
    raise AssertionError("the states ended")


def texts(state: State) -> dict[str, str]:
    return {document.name: document.text for document in state.documents}


@contextlib.asynccontextmanager
async def watching(storage: ConfigStorage) -> AsyncIterator[AsyncGenerator[State, None]]:
    async with contextlib.aclosing(storage.watch()) as states:
        yield states


class ConfigStorageContract(ABC):
    storage: ConfigStorage

    @abstractmethod
    def write(self, name: str, text: str) -> None:
        """Set a document behind the store's back, or in the way that its users do."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Drop a document likewise."""

    async def test_an_empty_store_is_a_state(self) -> None:
        async with watching(self.storage) as states:
            assert await anext(states) == State() == await self.storage.list()

    async def test_documents_come_sorted_with_the_kind_of_their_place(self) -> None:
        self.write("virtual_services/a.yaml", "name: a\n")
        self.write("upstreams/bank.yaml", BANK)
        self.write("all.yaml", "upstreams: []\n")
        state = await self.storage.list()
        assert [(document.name, document.kind) for document in state.documents] == [
            ("all.yaml", ""),
            ("upstreams/bank.yaml", "Upstream"),
            ("virtual_services/a.yaml", "VirtualService"),
        ]

    async def test_a_watch_tells_each_change_and_reuses_what_did_not_change(self) -> None:
        self.write("upstreams/bank.yaml", BANK)
        self.write("upstreams/shop.yaml", SHOP)
        async with watching(self.storage) as states:
            first = await anext(states)
            self.write("upstreams/shop.yaml", SHOP + "spec: {}\n")
            second = await following(states, lambda state: "spec" in texts(state)["upstreams/shop.yaml"])
        assert texts(first) == {"upstreams/bank.yaml": BANK, "upstreams/shop.yaml": SHOP}
        assert second.documents[0] is first.documents[0]

    async def test_a_change_while_nobody_waits_is_told_later(self) -> None:
        async with watching(self.storage) as states:
            await anext(states)
            self.write("upstreams/bank.yaml", BANK)
            self.write("upstreams/shop.yaml", SHOP)
            assert await following(states, lambda state: len(state.documents) == 2)

    async def test_two_watches_see_the_same(self) -> None:
        async with watching(self.storage) as one, watching(self.storage) as other:
            assert await anext(one) == await anext(other)
            self.write("upstreams/bank.yaml", BANK)
            assert await following(one, lambda state: bool(state.documents)) == await following(
                other, lambda state: bool(state.documents)
            )

    async def test_removing_the_last_document_empties_the_state(self) -> None:
        self.write("upstreams/bank.yaml", BANK)
        async with watching(self.storage) as states:
            await anext(states)
            self.remove("upstreams/bank.yaml")
            assert await following(states, lambda state: not state.documents) == State()

    async def test_an_applied_object_is_watched_listed_replaced_and_deleted(self) -> None:
        async with watching(self.storage) as states:
            await anext(states)
            assert await self.storage.apply(Edit("Upstream", {"name": "bank", "type": "service"})) == (
                "upstreams/bank.yaml"
            )
            assert texts(await anext(states)) == {"upstreams/bank.yaml": BANK}
            await self.storage.apply(Edit("Upstream", {"name": "bank", "type": "rest"}))
            assert await following(states, lambda state: "rest" in texts(state)["upstreams/bank.yaml"])
            assert await self.storage.delete("Upstream", "bank") == "upstreams/bank.yaml"
            assert await following(states, lambda state: not state.documents) == await self.storage.list()

    async def test_an_object_is_replaced_where_it_stands_and_comments_stay(self) -> None:
        self.write("all.yaml", "# ours\nupstreams:\n  # money\n  - name: bank\n    type: service # plain\n")
        change = Edit("Upstream", {"name": "bank", "type": "rest"})
        assert await self.storage.apply(change) == "all.yaml"
        assert texts(await self.storage.list()) == {
            "all.yaml": "# ours\nupstreams:\n  # money\n  - name: bank\n    type: rest # plain\n"
        }

    async def test_an_edit_of_another_base_is_a_conflict(self) -> None:
        self.write("upstreams/bank.yaml", BANK)
        change = Edit("Upstream", {"name": "bank", "type": "rest"}, base={"name": "bank", "type": "grpc"})
        with pytest.raises(Conflict, match="Upstream/bank was changed meanwhile"):
            await self.storage.apply(change)
        assert texts(await self.storage.list()) == {"upstreams/bank.yaml": BANK}

    async def test_an_edit_of_the_same_base_is_applied(self) -> None:
        self.write("upstreams/bank.yaml", BANK)
        old = parse_text(BANK)[0]
        await self.storage.apply(Edit("Upstream", {"name": "bank", "type": "rest"}, base=old))
        assert "type: rest" in texts(await self.storage.list())["upstreams/bank.yaml"]

    async def test_a_broken_text_that_mentions_the_name_is_not_edited_around(self) -> None:
        self.write("upstreams/bank.yaml", "name: bank\n bad: [\n")
        with pytest.raises(Conflict, match=r"upstreams/bank\.yaml:\d+.*mend it first"):
            await self.storage.apply(Edit("Upstream", {"name": "bank", "type": "rest"}))

    async def test_deleting_what_is_not_there_says_so(self) -> None:
        with pytest.raises(NotFound, match="Upstream/bank does not exist"):
            await self.storage.delete("Upstream", "bank")

    async def test_an_unknown_kind_is_refused(self) -> None:
        with pytest.raises(StorageError, match="kind 'Banana'"):
            await self.storage.apply(Edit("Banana", {"name": "b"}))


class SecretStorageContract(ABC):
    secrets: SecretStorage

    @abstractmethod
    def write(self, name: str, values: dict[str, str]) -> None:
        """Set a secret in the way that the store's users do."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Drop a secret likewise."""

    def watch(self, *names: str) -> contextlib.aclosing[AsyncGenerator[SecretState, None]]:
        return contextlib.aclosing(self.secrets.watch(frozenset(names)))

    async def test_no_secrets_are_a_state(self) -> None:
        async with self.watch("aws") as states:
            assert await anext(states) == SecretState()

    async def test_nothing_asked_for_is_nothing_found(self) -> None:
        self.write("aws", {"access_key": "a"})
        async with self.watch() as states:
            assert await anext(states) == SecretState()

    async def test_only_the_named_secrets_come(self) -> None:
        self.write("aws", {"access_key": "a", "secret_key": "b"})
        self.write("other", {"x": "y"})
        async with self.watch("aws", "missing") as states:
            state = await anext(states)
        assert {name: dict(secret.data) for name, secret in state.secrets.items()} == {
            "aws": {"access_key": "a", "secret_key": "b"}
        }

    async def test_a_secret_that_comes_changes_and_goes_is_told(self) -> None:
        async with self.watch("aws") as states:
            await anext(states)
            self.write("aws", {"access_key": "one"})
            await following(states, lambda state: "aws" in state.secrets)
            self.write("aws", {"access_key": "number two"})
            await following(states, lambda state: state.secrets["aws"].data == {"access_key": "number two"})
            self.remove("aws")
            assert await following(states, lambda state: not state.secrets) == SecretState()

    async def test_a_secret_that_did_not_change_is_the_same_object(self) -> None:
        self.write("aws", {"access_key": "one"})
        self.write("tls", {"key": "one"})
        async with self.watch("aws", "tls") as states:
            before = await anext(states)
            self.write("tls", {"key": "two"})
            after = await following(states, lambda state: state.secrets["tls"].data["key"] == "two")
        assert after.secrets["aws"] is before.secrets["aws"]

    async def test_two_watches_see_the_same(self) -> None:
        self.write("aws", {"access_key": "one"})
        async with self.watch("aws") as one, self.watch("aws", "tls") as other:
            assert await anext(one) == await anext(other)
            self.write("aws", {"access_key": "two"})
            for states in (one, other):
                await following(states, lambda state: state.secrets["aws"].data["access_key"] == "two")

    async def test_long_values_and_those_with_any_sign_stay_as_they_are(self) -> None:
        values = {"pem": "-----BEGIN X-----\nabc\n-----END X-----\n", "odd": "ü \"'{}%\\ \t", "long": "x" * 100_000}
        self.write("odd", values)
        async with self.watch("odd") as states:
            assert (await anext(states)).secrets["odd"].data == values

    async def test_a_name_that_leads_elsewhere_is_a_problem_and_harms_no_other(self) -> None:
        self.write("aws", {"access_key": "one"})
        async with self.watch("aws", "../aws", "a/b", "..") as states:
            state = await anext(states)
        assert sorted(state.secrets) == ["aws"]
        assert [problem.name for problem in state.problems] == ["..", "../aws", "a/b"]

    async def test_the_place_of_a_secret_names_it(self) -> None:
        assert "aws" in self.secrets.place("aws")

    async def test_no_state_shows_a_value(self) -> None:
        self.write("aws", {"access_key": "canary-7f3a"})
        async with self.watch("aws") as states:
            state = await anext(states)
        assert state.secrets and "canary" not in repr(state)


class ArtifactStorageContract(ABC):
    artifacts: ArtifactStorage

    @abstractmethod
    def write(self, name: str, text: str) -> None:
        """Set an artifact in the way that the store's users do."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Drop an artifact likewise."""

    def watch(self, *names: str) -> contextlib.aclosing[AsyncGenerator[Mapping[str, Artifact], None]]:
        return contextlib.aclosing(self.artifacts.watch(frozenset(names)))

    async def test_no_artifacts_are_a_state(self) -> None:
        async with self.watch("terms.txt") as states:
            assert await anext(states) == {}

    async def test_only_the_named_artifacts_come(self) -> None:
        self.write("legal/terms.txt", "be nice\n")
        self.write("other.txt", "x")
        async with self.watch("legal/terms.txt", "missing.txt") as states:
            assert await anext(states) == {"legal/terms.txt": Artifact("legal/terms.txt", "be nice\n")}

    async def test_an_artifact_that_comes_changes_and_goes_is_told(self) -> None:
        async with self.watch("terms.txt") as states:
            await anext(states)
            self.write("terms.txt", "one")
            await following(states, lambda state: "terms.txt" in state)
            self.write("terms.txt", "number two")
            await following(states, lambda state: state["terms.txt"].text == "number two")
            self.remove("terms.txt")
            assert await following(states, lambda state: not state) == {}

    async def test_an_artifact_that_did_not_change_is_the_same_object(self) -> None:
        self.write("a.txt", "one")
        self.write("b.txt", "one")
        async with self.watch("a.txt", "b.txt") as states:
            before = await anext(states)
            self.write("b.txt", "two")
            after = await following(states, lambda state: state["b.txt"].text == "two")
        assert after["a.txt"] is before["a.txt"]

    async def test_two_watches_see_the_same(self) -> None:
        self.write("a.txt", "one")
        async with self.watch("a.txt") as one, self.watch("a.txt", "b.txt") as other:
            assert await anext(one) == await anext(other)
            self.write("a.txt", "two")
            for states in (one, other):
                await following(states, lambda state: state["a.txt"].text == "two")

    async def test_a_text_stays_as_it_is(self) -> None:
        self.write("odd.txt", text := " \tü \"'{}%\\\r\n\n\x00")
        async with self.watch("odd.txt") as states:
            assert (await anext(states))["odd.txt"].text == text

    async def test_a_name_that_leads_elsewhere_is_a_problem_and_harms_no_other(self) -> None:
        self.write("a.txt", "one")
        bad = ("../a.txt", "..", "/etc/passwd", "b/../a.txt", ".hidden", "b//a.txt", "a.txt\0", "")
        async with self.watch("a.txt", *bad) as states:
            state = await anext(states)
        assert sorted(name for name, each in state.items() if each.problem) == sorted(bad)
        assert {each.problem for each in state.values()} == {"", "leads out of the folder artifacts"}
        assert state["a.txt"].text == "one"
