from pathlib import Path

from services.access.callers import Caller, Scope
from services.access.keyring import Keyring
from services.access.keys import Key
from services.access.signing import Hmac
from services.store.database import Database

KEY = Key(id="0123456789ab", name="anna", sha256="", scopes=frozenset({Scope.READ}), created_at_ms=0)


def test_an_owner_is_cached_by_its_header_and_a_guest_whose_token_expires_is_not(tmp_path: Path) -> None:
    keyring = Keyring(Database(f"sqlite:///{tmp_path / 'keys.sqlite'}"), Hmac(tmp_path))
    keyring._keys = {KEY.id: KEY}  # pyright: ignore[reportPrivateUsage] # what a reading finds
    keyring.cache_header(b"Bearer guest", Caller("anna", frozenset(), KEY.id, task_id="1", ends_at_ms=1))
    keyring.cache_header(b"Bearer owner", KEY.caller)
    assert keyring.caller_of_header(b"Bearer guest") is None
    assert keyring.caller_of_header(b"Bearer owner") == KEY.caller
