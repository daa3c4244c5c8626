"""Names of packages that are used everywhere: a new name that is almost one of them is a trap or a slip."""

from __future__ import annotations

from typing import Final

WELL_KNOWN: Final[dict[str, frozenset[str]]] = {
    "python": frozenset(
        """
        aiohttp alembic anyio argon2-cffi attrs beautifulsoup4 black boto3 botocore celery certifi cffi
        charset-normalizer click colorama coverage cryptography django djangorestframework docutils fastapi
        filelock flask fsspec gevent google-auth grpcio gunicorn httpx idna importlib-metadata iniconfig jinja2
        jmespath jsonschema lxml markupsafe matplotlib msgpack multidict mypy networkx numpy openai
        opencv-python orjson packaging pandas paramiko pillow pluggy poetry protobuf psutil psycopg2
        psycopg2-binary pyarrow pyasn1 pycparser pydantic pygments pyjwt pymongo pymysql pyparsing pytest
        pytest-cov python-dateutil python-dotenv pytz pyyaml redis regex requests rich ruff scikit-learn scipy
        selenium sentry-sdk setuptools six sqlalchemy starlette tensorflow tokenizers toml tomli torch tornado
        tox tqdm transformers typer typing-extensions urllib3 uvicorn uvloop virtualenv websockets werkzeug
        wheel yarl zipp
        """.split()  # noqa: SIM905 - a list of a hundred names is read better as text
    ),
    "npm": frozenset(
        """
        @babel/core @types/node ajv angular async axios babel-jest bcrypt bluebird body-parser chai chalk
        chokidar classnames commander cookie-parser core-js cors cross-env cross-spawn crypto-js date-fns dayjs
        debug dotenv electron esbuild eslint event-stream express fs-extra glob got graphql helmet husky immer
        inquirer jest jquery js-yaml jsonwebtoken lodash lru-cache mime minimatch minimist mkdirp mocha moment
        mongodb mongoose ms mysql next node-fetch nodemon passport pg playwright prettier prisma puppeteer ramda
        react react-dom react-redux react-router redis redux request rimraf rollup rxjs sass semver sequelize
        sharp shelljs sinon socket.io styled-components supertest svelte tailwindcss terser three ts-jest
        ts-node tslib typescript uglify-js underscore uuid validator vite vitest vue webpack winston ws yargs
        zod zustand
        """.split()  # noqa: SIM905 - as above
    ),
    "cargo": frozenset(
        """
        actix-web anyhow async-trait axum base64 bitflags bytes chrono clap crossbeam diesel env_logger futures
        hyper indexmap itertools lazy_static libc log nom num-traits once_cell parking_lot proc-macro2 quote
        rand rayon regex reqwest rocket rustls serde serde_derive serde_json serde_yaml sha2 smallvec sqlx syn
        tempfile thiserror time tokio toml tonic tower tracing tracing-subscriber unicode-segmentation url uuid
        walkdir warp wasm-bindgen winapi
        """.split()  # noqa: SIM905 - as above
    ),
}


def near_known(ecosystem: str, name: str) -> str:
    """The well-known name that this one is one slip away from; empty when there is none, or it is well known itself."""
    known = WELL_KNOWN.get(ecosystem, frozenset())
    if name in known or len(name) < 4:
        return ""
    return next((each for each in sorted(known) if len(each) > 3 and _one_slip(name, each)), "")


def _one_slip(one: str, other: str) -> bool:
    """One letter more, fewer or other, two neighbours exchanged, or other separators."""
    plain, like = (text.replace("-", "").replace("_", "").replace(".", "") for text in (one, other))
    if plain == like:
        return True
    if abs(len(one) - len(other)) > 1:
        return False
    short, long = sorted((one, other), key=len)
    start = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) == len(long):
        swapped = short[:start] + short[start + 1 : start + 2] + short[start : start + 1] + short[start + 2 :]
        return short[start + 1 :] == long[start + 1 :] or swapped == long
    return short[start:] == long[start + 1 :]
