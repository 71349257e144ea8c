"""The settings: a frozen object, read once from `DRAFTCAST_*` variables and an optional TOML file."""

import os
import shlex
import tomllib
from base64 import b64decode
from dataclasses import fields
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, cast
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from services.ai_label import AiLabel, label_rules
from services.environment import CONFIG_VARIABLE, KEY_VARIABLE, SERVER_VARIABLE
from services.errors import InvalidInput, SettingsError
from services.output import STANDARD_OUTPUT, Output, check_output

ENDPOINT_VARIABLES = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""OpenTelemetry's variables with the address of the collector; the first one that is set takes effect."""
PROTOCOL_VARIABLES = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")


SECRET = ("database_url", "broadcast_url", "signing_key", "webhook_secret")
"""Settings that may hold a password; no message shows their values."""


def _words(value: Any) -> Any:
    """The comma- or space-separated words of a variable; a list of the TOML file unchanged."""
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


def _command(value: Any) -> Any:
    return tuple(shlex.split(value)) if isinstance(value, str) else value


def _folders(value: Any) -> Any:
    return tuple(value.split(os.pathsep)) if isinstance(value, str) and value else value or ()


def _output(value: Any) -> Any:
    """The fields of `quality=HIGH short_side=720`; a table of the TOML file unchanged."""
    if not isinstance(value, str | dict):
        return value
    words = (word.partition("=") for word in value.split()) if isinstance(value, str) else ()
    given = cast("dict[str, Any]", value) if isinstance(value, dict) else {name: text for name, _, text in words}
    for name in sorted(set(given) - {field.name for field in fields(Output)}):
        raise ValueError(f"an output has no field {name}; write for instance quality=HIGH short_side=720")
    return given


def _checked_output(output: Output) -> Output:
    try:
        check_output(output)
    except InvalidInput as error:
        raise ValueError(error.message.en) from None
    return output


def _ai_label(value: Any) -> Any:
    """The fields of `content_producer="My studio" mark=true`; a table of the TOML file unchanged."""
    if not isinstance(value, str | dict):
        return value
    words = (word.partition("=") for word in shlex.split(value)) if isinstance(value, str) else ()
    given = cast("dict[str, Any]", value) if isinstance(value, dict) else {name: text for name, _, text in words}
    for name in sorted(set(given) - {field.name for field in fields(AiLabel)}):
        raise ValueError(f"a label has no field {name}; write for instance content_producer=NAME mark=true")
    return given or None


def _checked_label(label: AiLabel | None) -> AiLabel | None:
    for name, wrong, en, _ in label_rules(label) if label else ():
        if wrong:
            raise ValueError(f"{name} {en}")
    return label


DefaultLabel = Annotated[AiLabel | None, NoDecode, BeforeValidator(_ai_label), AfterValidator(_checked_label)]
DefaultOutput = Annotated[Output, NoDecode, BeforeValidator(_output), AfterValidator(_checked_output)]
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
Command = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_command)]
Folders = Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_folders)]


class Settings(BaseSettings):
    """Every setting with its default. The descriptions are printed to the documents."""

    model_config = SettingsConfigDict(env_prefix="DRAFTCAST_", frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    public_url: str = Field(
        "", description="address of this server for clients and in addresses of videos; default http://HOST:PORT"
    )
    data_dir: Path = Field(Path("data"), description="folder of the database, files and work in progress")
    database_url: str = Field(
        "", description="postgresql://USER:PASSWORD@HOST/NAME; default an SQLite file under DATA_DIR"
    )
    broadcast_url: str = Field(
        "", description="broadcast backend: redis://HOST; default Postgres where it is the database"
    )
    files_url: str = Field(
        "", description="storage of videos: file:///FOLDER or s3://BUCKET/PREFIX; default under DATA_DIR"
    )
    files_endpoint: str = Field("", description="address of an S3 service that is not AWS, https://...")
    files_region: str = Field("", description="region of the S3 service")
    files_virtual_host: bool = Field(False, description="put the bucket into the host name, for OSS, COS and TOS")
    allow_hosts: Words = Field((), description="private hosts that may be fetched from: host, host:port or CIDR")
    origins: Words = Field((), description="further origins of web pages that may use the API, as https://app.example")
    render_slots: int = Field(1, ge=1, le=64, description="attempts at once")
    exporter: Command = Field((), description="command of another exporter; default the built-in renderer")
    ffmpeg: str = Field(
        "", description="path of ffmpeg 5.1 or newer with x264; default the bundled one, else that on PATH"
    )
    require_sandbox: bool = Field(False, description="refuse to start and to render where the kernel lacks the sandbox")
    default_output: DefaultOutput = Field(
        STANDARD_OUTPUT, description="output of tasks that request none, such as `quality=HIGH short_side=720`"
    )
    ai_label: DefaultLabel = Field(
        None,
        description="label of AI-generated content in the files of all tasks that request none, such as "
        "`content_producer=NAME mark=true`",
    )
    copy_video: bool = Field(True, description="copy the coded frames of drafts that only cut H.264 files at keyframes")
    share_seconds: int = Field(60, ge=0, description="shortest video that all idle workers render in parts; 0: none")
    font_dirs: Folders = Field((), description="folders with fonts, searched before all others, separated by :")
    looks: Folders = Field(
        (), description="folders with `.cube` files that draw the filters they are named after, separated by :"
    )
    watch_port: int = Field(0, ge=0, le=65535, description="port of a worker's /healthz, /readyz and /metrics; 0: none")
    log_format: Literal["text", "json"] = Field(
        "text", description="form of the log on stderr; json is one object a line"
    )
    rest_envelope: Literal["documented", "capcut-mate"] = Field(
        "documented", description="answers of the polling endpoint: as capcut-mate's document, or its server"
    )
    open_to_all: bool = Field(False, description="serve without keys on an address that others can reach")
    file_url_seconds: int = Field(
        86_400, ge=60, description="lifetime of addresses of files where there are keys, in full hours"
    )
    signing_key: str = Field(
        "",
        repr=False,
        description="secret of file addresses and watch tokens, one for all servers; default made in DATA_DIR",
    )
    webhook_secret: str = Field(
        "", repr=False, description="secret of webhooks, whsec_...; default derived from SIGNING_KEY"
    )
    introspection: bool = Field(True, description="answer introspection of the GraphQL schema; GraphiQL needs it")
    graphiql: bool = Field(True, description="serve GraphiQL under /graphiql")
    accelerator: bool = Field(
        True, description="compile plain documents, execute equal subscriptions once; false is slower"
    )
    max_draft_bytes: int = Field(20_000_000, ge=1, description="largest draft document")
    max_material_bytes: int = Field(2_000_000_000, ge=1, description="largest single material")
    max_task_bytes: int = Field(
        8_000_000_000, ge=1, description="all materials of one task; a draft sent to POST /drafts"
    )
    max_video_seconds: int = Field(3600, ge=1, description="longest video")
    max_pixels: int = Field(3840 * 2160, ge=4, description="largest canvas, width times height")
    submits_per_minute: int = Field(
        60, ge=0, description="submits, retries, reports and uploads of a key or address a minute; 0: no limit"
    )
    queries_per_minute: int = Field(
        6000, ge=0, description="requests and websocket operations of a key or address a minute; 0: no limit"
    )
    sockets_per_key: int = Field(
        200, ge=0, description="websockets, event streams and waiting polls of a key or address; 0: no limit"
    )
    subscriptions_per_socket: int = Field(100, ge=1, description="operations of one websocket at once")
    queued_per_key: int = Field(200, ge=0, description="waiting tasks of one key; 0: no limit but MAX_QUEUED")
    keep_drafts_hours: int = Field(168, ge=1, description="lifetime of drafts sent to POST /drafts")
    check_seconds: float = Field(
        4.0,
        ge=0,
        description="longest time that a submit waits for its draft to be read, where its range, size or replacements "
        "depend on it; 0: they are checked by the render alone",
    )
    max_queued: int = Field(1000, ge=1, description="waiting tasks; more are refused")
    keep_days: int = Field(0, ge=0, description="days until ended tasks, events and videos are removed; 0: never")
    stream: bool = Field(
        True,
        description="let videos be watched while they are rendered; the fragments take as much room as the video, and "
        "are removed with it",
    )
    keep_parts_bytes: int = Field(
        2_000_000_000,
        ge=0,
        description="finished parts of videos on the disk of a worker, so that a later render draws only what changed; "
        "0: none",
    )
    dead_after_seconds: int = Field(
        20, ge=1, le=600, description="time without a heartbeat until a worker counts as dead"
    )
    render_timeout_seconds: int = Field(7200, ge=1, description="longest attempt")

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()

    @field_validator("allow_hosts")
    @classmethod
    def _hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if "://" in host:
                raise ValueError(f"{host!r} is a URL; write host, host:port or a CIDR such as 10.1.0.0/16")
            if "/" in host:
                ip_network(host)
        return hosts

    @field_validator("origins")
    @classmethod
    def _origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            parts = urlsplit(origin)
            if parts.scheme not in ("http", "https") or not parts.netloc or parts.path:
                raise ValueError(f"{origin!r} is not an origin; write https://host or https://host:port without a path")
        return origins

    @field_validator("webhook_secret")
    @classmethod
    def _webhook_secret(cls, secret: str) -> str:
        try:
            valid = not secret or len(b64decode(secret.removeprefix("whsec_"), validate=True)) >= 24
        except ValueError:
            valid = False
        if not valid:
            raise ValueError("must be whsec_ followed by at least 24 bytes in base64")
        return secret

    @field_validator("public_url", "files_endpoint")
    @classmethod
    def _http(cls, url: str) -> str:
        if url and urlsplit(url).scheme not in ("http", "https"):
            raise ValueError("must begin with http:// or https://")
        return url.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _database(cls, url: str) -> str:
        scheme = urlsplit(url).scheme.partition("+")[0]
        if url and scheme not in ("sqlite", "postgresql"):
            raise ValueError("must begin with postgresql:// or sqlite:///")
        return url

    @field_validator("broadcast_url")
    @classmethod
    def _broadcast(cls, url: str) -> str:
        if url and urlsplit(url).scheme.partition("+")[0] not in ("memory", "redis", "rediss", "postgresql"):
            raise ValueError("must begin with redis://, rediss://, postgresql:// or memory://")
        return url

    @property
    def database(self) -> str:
        """The database's SQLAlchemy URL."""
        return self.database_url or f"sqlite:///{self.data_dir / 'draftcast.sqlite'}"

    @property
    def broadcast(self) -> str:
        """The URL of the broadcast backend; `memory://` where there is none between processes."""
        on_postgres = self.database.startswith("postgresql")
        return self.broadcast_url or (self.database if on_postgres else "memory://")

    @property
    def files(self) -> str:
        """The URL of the file storage."""
        return self.files_url or (self.data_dir / "files").as_uri()

    @property
    def audit_log(self) -> Path:
        """The path of the audit log."""
        return self.data_dir / "audit.jsonl"

    @property
    def work_dir(self) -> Path:
        """The folder of the attempts' work folders."""
        return self.data_dir / "work"

    @property
    def base_url(self) -> str:
        """The address of this server for clients, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The precedence: arguments, then variables, then the TOML file."""
        toml = TomlConfigSettingsSource(settings_cls, os.environ.get(CONFIG_VARIABLE) or None)
        return init_settings, env_settings, toml


def _line(error: ValidationError) -> str:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    reason = first["msg"].removeprefix("Value error, ")
    got = "" if name in SECRET else f" (got {first.get('input')!r})"
    return f"{_place(name)}: {reason}{got}"


def _place(name: str) -> str:
    """Where a setting is set: the key and its file, or the variable."""
    variable, config = f"DRAFTCAST_{name.upper()}", config_file()
    return variable if config is None or variable in os.environ else f"{name} in {config}"


def _known_variables() -> set[str]:
    return {f"DRAFTCAST_{name.upper()}" for name in Settings.model_fields} | {
        CONFIG_VARIABLE,
        SERVER_VARIABLE,
        KEY_VARIABLE,
    }


def traces_enabled() -> bool:
    """Whether OpenTelemetry's variables name a collector of traces. Raises `SettingsError` for an invalid one."""
    name, endpoint = _first_set(ENDPOINT_VARIABLES)
    off = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if not endpoint or off or os.environ.get("OTEL_TRACES_EXPORTER", "otlp") != "otlp":
        return False
    if urlsplit(endpoint).scheme not in ("http", "https"):
        raise SettingsError(f"{name}: must begin with http:// or https://")
    name, protocol = _first_set(PROTOCOL_VARIABLES)
    if protocol not in ("", "http/protobuf"):
        off_by = "OTEL_TRACES_EXPORTER=none switches traces off"
        raise SettingsError(f"{name}: only http/protobuf is supported (got {protocol!r}); {off_by}")
    return True


def _first_set(names: tuple[str, ...]) -> tuple[str, str]:
    """The first variable that is set, and its value; both empty when none is set."""
    return next(((name, value) for name in names if (value := os.environ.get(name, ""))), ("", ""))


def config_file() -> Path | None:
    """The path of the TOML file; None when DRAFTCAST_CONFIG is not set."""
    named = os.environ.get(CONFIG_VARIABLE)
    return Path(named) if named else None


def load(**overrides: Any) -> Settings:
    """The settings from variables and the TOML file. Raises `SettingsError`."""
    unknown = sorted(name for name in os.environ if name.startswith("DRAFTCAST_") and name not in _known_variables())
    if unknown:
        raise SettingsError(f"{unknown[0]}: no such setting; docs/settings.md lists them all")
    config = config_file()
    if config is not None and not config.is_file():
        raise SettingsError(f"{CONFIG_VARIABLE}: no such file: {config}")
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError(_line(error)) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{CONFIG_VARIABLE}: {config} is not valid TOML: {error}") from None
