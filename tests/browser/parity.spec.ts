import { rowsByAdbc, rowsOfGrid } from './support/rows.ts';
import { expect, test } from './support/test.ts';

interface Case {
  as: string;
  sees: string;
  sql: string;
  purpose?: string;
}

const cases: readonly Case[] = [
  {
    as: 'ana',
    sees: 'masks',
    sql: 'SELECT tier, count(*) AS members, min(email) AS email, max(birth_date) AS born FROM loyalty.members.profiles GROUP BY tier',
  },
  {
    as: 'lena',
    sees: 'everything of her own',
    sql: 'SELECT member_id, full_name, email, birth_date, points, joined_on FROM loyalty.members.profiles ORDER BY member_id LIMIT 12',
  },
  {
    as: 'cole',
    sees: 'the rows of one carrier',
    sql: 'SELECT carrier, count(*) AS flights, avg(dep_delay) AS late, min(time_hour) AS first FROM aviation.flights.departures GROUP BY carrier ORDER BY carrier',
  },
  {
    as: 'omar',
    sees: 'every carrier',
    sql: 'SELECT carrier, count(*) AS flights, sum(distance) AS far, max(time_hour) AS last FROM aviation.flights.departures GROUP BY carrier ORDER BY flights DESC, carrier LIMIT 12',
  },
  {
    as: 'omar',
    sees: 'nulls, decimals and truths',
    sql: "SELECT n, CAST(n AS DECIMAL(12, 2)) / 4 AS quarter, CASE WHEN n > 2 THEN n END AS large, n > 1 AS more, 'ä · ' || n AS text FROM (VALUES (1), (2), (3)) AS t(n) ORDER BY n",
  },
];

for (const { as: name, sees, sql, purpose = '' } of cases) {
  test(`the grid holds the rows that Flight gives: ${name}, who sees ${sees}`, async ({ as, mesh }) => {
    const page = await as(name);
    await page.goto(`/sql?${new URLSearchParams({ q: sql, ...(purpose ? { purpose } : {}) })}`);
    await page.getByRole('button', { name: /^Run/ }).click();
    await expect(page.getByRole('region', { name: 'Results' }).getByRole('status')).toContainText(/^\d+ rows?/);
    const rows = await rowsOfGrid(page);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows).toEqual(rowsByAdbc(mesh, name, sql, purpose));
  });
}
