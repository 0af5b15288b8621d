-- SYNTHETIC: 20,000 invented members of airlines' loyalty programmes. No row describes a person.
-- Everything follows from the member's number by arithmetic, so that every run gives the same rows.
WITH numbers AS (
    SELECT CAST(value AS BIGINT) AS n
    FROM generate_series(1, 20000)
),

-- Four numbers a member that look unrelated. The first is a step of a Lehmer generator; multiplying
-- a number by a part of itself breaks the straight lines that such generators draw.
seeds AS (
    SELECT
        n,
        (n * 48271) % 2147483647 AS seed
    FROM numbers
),

first_draws AS (
    SELECT
        n,
        (seed * (seed % 65521)) % 2147483647 AS draw_1,
        (seed * (seed % 65519) + 104729) % 2147483647 AS draw_2
    FROM seeds
),

draws AS (
    SELECT
        n,
        draw_1,
        draw_2,
        (draw_1 * (draw_2 % 65497)) % 2147483647 AS draw_3,
        (draw_2 * (draw_1 % 65479)) % 2147483647 AS draw_4
    FROM first_draws
),

traits AS (
    SELECT
        n,
        make_array(
            'Ada', 'Amina', 'Ben', 'Carla', 'Chen', 'Dolores', 'Elif', 'Femi', 'Grace', 'Hugo',
            'Ines', 'Jamal', 'Keiko', 'Liam', 'Mila', 'Nadia', 'Oscar', 'Priya', 'Quinn', 'Rosa',
            'Sven', 'Tariq', 'Uma', 'Victor', 'Wanda', 'Ximena', 'Yusuf', 'Zofia'
        )[1 + draw_1 % 28] AS first_name,
        make_array(
            'Abara', 'Almeida', 'Bauer', 'Cohen', 'Dubois', 'Eriksen', 'Fischer', 'García', 'Haddad',
            'Ivanova', 'Jansen', 'Kowalski', 'Lindqvist', 'Müller', 'Nakamura', 'O''Brien', 'Okafor',
            'Park', 'Quispe', 'Rossi', 'Silva', 'Tran', 'Usman', 'Vargas', 'Walker', 'Xu', 'Young'
        )[1 + draw_2 % 27] AS last_name,
        -- Born 1940 to 1981, joined 2000 to 2012: everyone was of age when joining.
        CAST(CAST(draw_3 % 15340 - 10957 AS INT) AS DATE) AS birth_date,
        CAST(CAST(draw_4 % 4749 + 10957 AS INT) AS DATE) AS joined_on,
        make_array(
            'JFK', 'EWR', 'LGA', 'JFK', 'EWR', 'LGA', 'JFK', 'EWR', 'BOS', 'ORD', 'ATL', 'MCO'
        )[1 + (draw_1 / 1000) % 12] AS home_airport,
        make_array(
            'UA', 'B6', 'DL', 'AA', 'UA', 'B6', 'DL', 'AA', 'US', 'WN', 'VX', 'AS'
        )[1 + (draw_2 / 1000) % 12] AS carrier,
        -- Cubed, so that few members have many points.
        (draw_4 / 5000 % 10000) * (draw_4 / 5000 % 10000) * (draw_4 / 5000 % 10000) / 10000000 AS points
    FROM draws
)

SELECT
    CAST(concat('WM', upper(substr(md5(concat('weft member ', n)), 1, 10))) AS VARCHAR) AS member_id,
    CAST(concat(first_name, ' ', last_name) AS VARCHAR) AS full_name,
    CAST(concat(lower(first_name), '.', lpad(CAST(n AS VARCHAR), 5, '0'), '@example.com') AS VARCHAR) AS email,
    birth_date,
    CAST(home_airport AS VARCHAR) AS home_airport,
    CAST(carrier AS VARCHAR) AS carrier,
    CASE
        WHEN points >= 60000 THEN 'platinum'
        WHEN points >= 30000 THEN 'gold'
        WHEN points >= 10000 THEN 'silver'
        ELSE 'basic'
    END AS tier,
    CAST(points AS INT) AS points,
    joined_on
FROM traits
