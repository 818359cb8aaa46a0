"""Tables for PostgreSQL, which knows no Parquet: facts to CSV before, results to Parquet after. Neither is measured."""

import sys

import duckdb

COLUMNS = {
    "activities": "occurred_at::TIMESTAMP AS occurred_at, type, source, format, contact, campaign, value",
    "contacts": "id, account, member_type, status, country, member_since",
    "accounts": "id, industry",
    "factors": "*",
}
RESULTS = {
    "contacts": "contact, engagement::DECIMAL(18, 1) AS engagement, engagement_band,"
    " engagement_percentile::DECIMAL(18, 2) AS engagement_percentile, fit::INTEGER AS fit, fit_band,"
    " fit_percentile::DECIMAL(18, 2) AS fit_percentile",
    "accounts": "account, company::DECIMAL(18, 1) AS company, company_band,"
    " company_percentile::DECIMAL(18, 2) AS company_percentile",
}

direction, source, target = sys.argv[1:4]
if direction == "to-csv":
    for name, columns in COLUMNS.items():
        duckdb.execute(f"COPY (SELECT {columns} FROM '{source}/{name}.parquet') TO '{target}/{name}.csv' (HEADER)")
else:
    for name, columns in RESULTS.items():
        query = f"SELECT {columns} FROM read_csv('{source}/{name}_out.csv', header = true, all_varchar = true)"
        duckdb.execute(f"COPY ({query}) TO '{target}/{name}.parquet'")
