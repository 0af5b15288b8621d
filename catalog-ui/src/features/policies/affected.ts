import { queryOptions } from '@tanstack/react-query';
import { type Roster, type RuleLine, rosterQuery } from '@/api/access';
import type { PolicyRule } from '@/features/policies/queries';

export const portsLookedAt = 25;

export interface Affected {
  name: string;
  kind: string;
  ports: string[];
}

function isSame(line: RuleLine | null | undefined, rule: PolicyRule): boolean {
  if (!line) return false;
  return rule.file
    ? line.file === rule.file && line.line === rule.line
    : !line.file &&
        (line.text === rule.text || line.text.startsWith(`${rule.text.split(':')[0]}:`));
}

/** Principals of a roster that come under the line: by what lets them, by what filters them, or by what makes them a role. */
export function comingUnder(roster: Roster, rule: PolicyRule): { name: string; kind: string }[] {
  return roster.groups.flatMap((group) => {
    const ofAll = [...group.because, ...group.filters].some((line) => isSame(line, rule));
    return group.members.filter(
      (member) =>
        // A row of another group's role may stand among the reasons of this one.
        member.paths.some(
          (path) => isSame(path.rule, rule) || path.chain.some((step) => isSame(step.by, rule)),
        ) ||
        (ofAll && (rule.kind === 'filter' || rule.kind === 'deny' || member.paths.length === 0)),
    );
  });
}

/** Who comes under a rule at the first of the ports that it speaks of. */
export function affectedQuery(rule: PolicyRule, ports: readonly string[]) {
  const looked = ports.slice(0, portsLookedAt);
  return queryOptions({
    queryKey: ['roster', 'of rule', rule.file, rule.line, rule.text, looked],
    staleTime: 60_000,
    queryFn: async ({ client }): Promise<Affected[]> => {
      const rosters = await Promise.all(
        looked.map((port) => client.fetchQuery({ ...rosterQuery({ port }), staleTime: 60_000 })),
      );
      const found = new Map<string, Affected>();
      for (const roster of rosters) {
        for (const { name, kind } of comingUnder(roster, rule)) {
          const one = found.get(name) ?? { name, kind, ports: [] };
          one.ports.push(roster.port);
          found.set(name, one);
        }
      }
      return [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
    },
  });
}
