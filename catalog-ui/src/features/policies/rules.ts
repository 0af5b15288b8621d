import { placeOf } from '@/api/access';
import type { Policies, PolicyRule } from '@/features/policies/queries';
import type { Tone } from '@/ui/badge';

/** Names a rule in an address: its file and line with `~` for `/`, or the text of a grant. */
export function ruleId(rule: PolicyRule): string {
  return (placeOf(rule) ?? rule.text).replaceAll('/', '~');
}

export const kindTones: Record<string, Tone> = {
  allow: 'good',
  deny: 'bad',
  role: 'neutral',
  tag: 'neutral',
  mask: 'masked',
  filter: 'masked',
  grant: 'waiting',
};

export interface Wanted {
  q?: string;
  kind?: string;
  domain?: string;
}

/** Rules of the mesh itself, among the domains. */
export const meshWide = '-';

/** Rules that hold every word of `q`, are of that kind and stand in that domain. */
export function filtered(rules: readonly PolicyRule[], wanted: Wanted): PolicyRule[] {
  const words = (wanted.q ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  return rules.filter((rule) => {
    if (wanted.kind && rule.kind !== wanted.kind) return false;
    if (wanted.domain && (rule.domain ?? meshWide) !== wanted.domain) return false;
    const text = [rule.text, rule.file, rule.who, rule.what, rule.action, rule.when, rule.sentence]
      .join(' ')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** Paths of the files in which rules stand, in order. */
export function filesOf(policies: Policies): string[] {
  const files = policies.rules.map((rule) => rule.file).filter((file) => typeof file === 'string');
  return [...new Set(files)].sort();
}

/** Names of ports that a rule speaks of, among those that may be known. */
export function portsOf(rule: PolicyRule, names: readonly string[]): string[] {
  if (rule.kind === 'role') {
    return rule.domain ? names.filter((name) => name.startsWith(`${rule.domain}.`)) : [...names];
  }
  const object = rule.what.split(' ')[0]?.replace(/^obj:/, '') ?? '';
  if (object === 'any' || object.startsWith('tag:')) {
    return rule.domain ? names.filter((name) => name.startsWith(`${rule.domain}.`)) : [...names];
  }
  return names.filter(
    // A mask may name a column of the port, and a grant some of them.
    (name) => name === object || name.startsWith(`${object}.`) || object.startsWith(`${name}.`),
  );
}
