import { describe, expect, test } from 'vitest';
import type { Roster, SimulatedChange } from '@/api/access';
import { comingUnder } from '@/features/policies/affected';
import { totals } from '@/features/policies/outcome';
import { patchOf } from '@/features/policies/patch';
import type { Policies, PolicyRule } from '@/features/policies/queries';
import { filesOf, filtered, portsOf, ruleId } from '@/features/policies/rules';

const file = 'products/loyalty/access.csv';

function rule(line: number, text: string, more: Partial<PolicyRule> = {}): PolicyRule {
  return {
    file,
    line,
    text,
    kind: 'allow',
    who: 'role:owner',
    what: 'obj:loyalty',
    action: 'read',
    when: null,
    domain: 'loyalty',
    sentence: 'role:owner may read obj:loyalty of loyalty.',
    ...more,
  };
}

const member = rule(2, 'g, group:analysts, role:analyst, dom:loyalty', {
  kind: 'role',
  who: 'group:analysts',
  what: 'role:analyst',
  action: null,
});
const grant = rule(0, 'REQ-7: user:dana reads loyalty.members.profiles.{email} until 2027', {
  file: null,
  line: null,
  kind: 'grant',
  what: 'loyalty.members.profiles.{email}',
  domain: null,
});
const reading = rule(4, 'p, role:owner, dom:loyalty, obj:loyalty, read, *, -, allow');
const policies: Policies = {
  revision: 'f'.repeat(40),
  epoch: 1,
  grantsEpoch: 1,
  rules: [member, reading, grant],
  complete: false,
};

describe('rules', () => {
  test('are found by every word, by kind and by domain', () => {
    expect(filtered(policies.rules, { q: 'analyst loyalty' })).toEqual([member]);
    expect(filtered(policies.rules, { kind: 'grant' })).toEqual([grant]);
    expect(filtered(policies.rules, { domain: '-' })).toEqual([grant]);
    expect(filtered(policies.rules, { q: 'nothing like it' })).toEqual([]);
  });

  test('are named by their place in an address without slashes', () => {
    expect(ruleId(reading)).toBe('products~loyalty~access.csv:4');
  });

  test('tell in which files they stand', () => {
    expect(filesOf(policies)).toEqual([file]);
  });

  test('speak of the ports below their object', () => {
    const names = ['loyalty.members.profiles', 'loyalty.membership.x', 'fleet.aircraft.planes'];
    expect(portsOf(reading, names)).toEqual(names.slice(0, 2));
    expect(portsOf(rule(1, '', { what: 'obj:loyalty.members' }), names)).toEqual([names[0]]);
    expect(portsOf(grant, names)).toEqual([names[0]]);
    expect(portsOf(rule(1, '', { what: 'obj:any', domain: null }), names)).toEqual(names);
  });
});

test('who comes under a row of roles is who comes to a rule by it', () => {
  const person = (name: string, by: PolicyRule | null) => ({
    name,
    kind: 'user',
    paths: [{ rule: reading, subject: 'role:x', chain: [{ member: name, holds: 'role:x', by }] }],
  });
  const roster = {
    groups: [
      {
        because: [reading],
        filters: [],
        rows: 'all',
        columns: [],
        members: [person('ana', member), person('lena', null)],
      },
    ],
  } as unknown as Roster;
  expect(comingUnder(roster, member).map(({ name }) => name)).toEqual(['ana']);
  expect(comingUnder(roster, reading).map(({ name }) => name)).toEqual(['ana', 'lena']);
});

describe('a patch', () => {
  const text = (...lines: string[]) => lines.map((line) => `${line}\n`).join('');

  test('shows three lines around each change', () => {
    const before = text('1', '2', '3', '4', '5', '6', '7', '8', '9');
    const after = text('1', '2', '3', '4', 'five', '6', '7', '8', '9');
    expect(patchOf([{ path: 'a.csv', before, after }])).toBe(
      text(
        'diff --git a/a.csv b/a.csv',
        '--- a/a.csv',
        '+++ b/a.csv',
        '@@ -2,7 +2,7 @@',
        ' 2',
        ' 3',
        ' 4',
        '-5',
        '+five',
        ' 6',
        ' 7',
        ' 8',
      ),
    );
  });

  test('keeps changes that are far apart in hunks of their own', () => {
    const lines = Array.from({ length: 20 }, (_, at) => `${at + 1}`);
    const after = text('0', ...lines.slice(0, 19));
    const patch = patchOf([{ path: 'a', before: text(...lines), after }]);
    expect(patch).toContain('@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n');
    expect(patch).toContain('@@ -17,4 +18,3 @@\n 17\n 18\n 19\n-20\n');
  });

  test('makes new files, takes files away, and says nothing of what did not change', () => {
    expect(patchOf([{ path: 'a', before: null, after: 'x\n' }])).toContain(
      'new file mode 100644\n--- /dev/null\n+++ b/a\n@@ -0,0 +1,1 @@\n+x\n',
    );
    expect(patchOf([{ path: 'a', before: 'x\n', after: null }])).toContain(
      'deleted file mode 100644\n--- a/a\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-x\n',
    );
    expect(patchOf([{ path: 'a', before: 'x', after: 'x' }])).toBe('');
  });
});

describe('totals of a simulation', () => {
  const change = (kind: string, people: string[] | null, count = 1): SimulatedChange => ({
    port: 'a.b.c',
    change: kind,
    columns: [],
    masks: null,
    everyRow: true,
    purposes: [],
    peopleCount: people?.length ?? count,
    servicesCount: 0,
    people,
    services: people ? [] : null,
    because: null,
  });

  test('count nobody twice where names are told', () => {
    const changes = [change('gains', ['ana', 'cole']), change('clears', ['ana'])];
    expect(totals([...changes, change('loses', ['dana'])])).toEqual({ gain: 2, lose: 1 });
  });

  test('are the most of any line where only heads are counted', () => {
    expect(totals([change('gains', null, 3), change('gains', null, 2)])).toEqual({
      gain: 3,
      lose: 0,
    });
  });
});
