from __future__ import annotations

import psycopg


def test_each_test_gets_an_empty_database(postgres_url: str) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE once (id int)")
        count = connection.execute("SELECT count(*) FROM pg_tables WHERE tablename = 'once'").fetchone()
    assert count == (1,)


def test_the_database_of_another_test_is_not_this_ones(postgres_url: str) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        count = connection.execute("SELECT count(*) FROM pg_tables WHERE tablename = 'once'").fetchone()
    assert count == (0,)
