"""Whether two folders hold the same results: every row, every column, every digit."""

import pathlib
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

TABLES = {
    "contacts": ["contact", "engagement", "engagement_band", "engagement_percentile", "fit", "fit_band", "fit_percentile"],
    "accounts": ["account", "company", "company_band", "company_percentile"],
}


def plain(column):
    """Texts as texts, numbers with four decimals, whatever type carried them."""
    column = column.combine_chunks()
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_decimal(column.type) or pa.types.is_integer(column.type):
        return pc.cast(column, pa.decimal128(24, 4))
    if pa.types.is_floating(column.type):
        sys.exit(f"different: a result of type {column.type} cannot be exact")
    return pc.cast(column, pa.large_string())


def compare(expected, found):
    for name, columns in TABLES.items():
        tables = [pq.read_table(pathlib.Path(folder) / f"{name}.parquet").select(columns) for folder in (expected, found)]
        if tables[0].num_rows != tables[1].num_rows:
            return f"different: {name} has {tables[1].num_rows} rows in place of {tables[0].num_rows}"
        for column in columns:
            want, have = (plain(table[column]) for table in tables)
            same = pc.fill_null(pc.equal(want, have), False)
            same = pc.or_(same, pc.and_(pc.is_null(want), pc.is_null(have)))
            if not pc.all(same, min_count=0).as_py():
                row = pc.index(same, pa.scalar(False)).as_py()
                who = tables[0][columns[0]][row]
                wrong = len(same) - pc.sum(same).as_py()
                return f"different: {name}.{column} of {who} is {have[row]} in place of {want[row]} ({wrong} rows differ)"
    return "equal"


if __name__ == "__main__":
    RESULT = compare(*sys.argv[1:3])
    print(RESULT)
    sys.exit(RESULT != "equal")
