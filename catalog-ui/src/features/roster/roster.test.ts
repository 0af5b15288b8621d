import { describe, expect, test } from 'vitest';
import type { Roster } from '@/api/access';
import { quoted, rosterCsv } from '@/features/roster/csv';
import { howSeen, inOrder } from '@/features/roster/group-card';

const rule = { file: 'products/loyalty/access.csv', line: 9, text: 'p, role:owner, read' };

function group(sees: string[], rows = 'all'): Roster['groups'][number] {
  return {
    rows,
    filters: [],
    columns: sees.map((how, at) => ({
      name: `c${at}`,
      sees: how,
      masks: how === 'masked' ? 'hash' : null,
    })),
    because: rows === 'none' ? [] : [rule],
    members: [
      {
        name: 'lena',
        kind: 'user',
        paths: [
          {
            rule,
            subject: 'role:owner',
            chain: [
              { member: 'user:lena', holds: 'group:loyalty-owners', by: null },
              { member: 'group:loyalty-owners', holds: 'role:owner', by: rule },
            ],
          },
        ],
      },
    ],
  };
}

const roster = (groups: Roster['groups'], column: string | null = null): Roster => ({
  port: 'loyalty.members.profiles',
  column,
  purpose: null,
  at: '2026-11-26T09:00:00Z',
  policyRevision: 'f'.repeat(40),
  groups,
});

describe('a roster as csv', () => {
  test('has a line for each principal and column, with the path that leads there', () => {
    expect(rosterCsv(roster([group(['clear', 'masked'])])).split('\r\n')).toEqual([
      'principal,kind,rows,column,sees,masks,path,because,filters',
      'lena,user,all,c0,clear,,user:lena → group:loyalty-owners → role:owner,"products/loyalty/access.csv:9: p, role:owner, read",',
      'lena,user,all,c1,masked,hash,user:lena → group:loyalty-owners → role:owner,"products/loyalty/access.csv:9: p, role:owner, read",',
      '',
    ]);
  });

  test('quotes what must be quoted, and no cell is a formula', () => {
    expect(quoted('plain')).toBe('plain');
    expect(quoted('a "b", c')).toBe('"a ""b"", c"');
    expect(quoted('=HYPERLINK("x")')).toBe('"\'=HYPERLINK(""x"")"');
  });
});

describe('how a group sees it', () => {
  const heading = (sees: string[], rows?: string) => {
    const one = group(sees, rows);
    return howSeen(roster([one]), one).heading;
  };

  test('is said in one heading', () => {
    expect(heading(['clear', 'clear'])).toBe('See all 2 columns in clear');
    expect(heading(['masked'])).toBe('See the column masked: hash');
    expect(heading(['hidden'])).toBe('Do not see the column');
    expect(heading(['denied'], 'none')).toBe('May not read it');
    expect(heading(['clear', 'masked', 'hidden'])).toBe('See 1 in clear, 1 masked, 1 hidden');
  });

  test('orders the groups: who sees most comes first', () => {
    const [none, masked, clear] = [group(['denied'], 'none'), group(['masked']), group(['clear'])];
    expect(inOrder(roster([none, masked, clear]))).toEqual([clear, masked, none]);
  });
});
