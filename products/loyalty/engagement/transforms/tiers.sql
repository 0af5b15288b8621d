-- SYNTHETIC: members and points of each programme and tier, without personal data.
-- Groups of fewer than 20 members are left out, so that no row tells of a single member.
WITH per_tier AS (
    SELECT
        carrier,
        tier,
        COUNT(*) AS members,
        COUNT(*) FILTER (WHERE joined_on >= DATE '2012-01-01') AS joined_in_2012,
        SUM(CAST(points AS BIGINT)) AS points_total
    FROM loyalty.members.profiles
    GROUP BY carrier, tier
    HAVING COUNT(*) >= 20
)

SELECT
    per_tier.carrier,
    airlines.name AS carrier_name,
    per_tier.tier,
    CAST(per_tier.members AS BIGINT) AS members,
    CAST(per_tier.joined_in_2012 AS BIGINT) AS joined_in_2012,
    CAST(per_tier.points_total AS BIGINT) AS points_total,
    CAST(per_tier.points_total AS DOUBLE) / CAST(per_tier.members AS DOUBLE) AS mean_points
FROM per_tier
LEFT JOIN reference.carriers.airlines AS airlines
    ON per_tier.carrier = airlines.carrier
