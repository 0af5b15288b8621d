import { placeOf } from '@/api/access';
import { portNamesQuery } from '@/api/ports';
import { affectedQuery, portsLookedAt } from '@/features/policies/affected';
import { type Policies, type PolicyRule, policiesQuery } from '@/features/policies/queries';
import { kindTones, portsOf, ruleId } from '@/features/policies/rules';
import { t } from '@/features/policies/words';
import { Badge } from '@/ui/badge';
import { ButtonLink } from '@/ui/button';
import { Card } from '@/ui/card';
import { Code, CodeBlock } from '@/ui/code-block';
import { KeyValue } from '@/ui/key-value';
import { Link } from '@/ui/link';
import { Empty } from '@/ui/states/empty';
import { Loaded } from '@/ui/states/loaded';
import { Table } from '@/ui/table';

/** One rule: what it says, as it is written and where, and who comes under it now. */
export function Rule({ id }: { id: string }) {
  return (
    <Loaded query={policiesQuery} what={t('policies')}>
      {(policies) => {
        const rule = policies.rules.find((one) => ruleId(one) === id);
        return rule ? (
          <Shown policies={policies} rule={rule} />
        ) : (
          <Empty
            why="not-yours"
            title={t('ruleUnknown')}
            detail={t('ruleUnknownDetail')}
            action={<ButtonLink to="/policies">{t('toRules')}</ButtonLink>}
          />
        );
      }}
    </Loaded>
  );
}

function Shown({ policies, rule }: { policies: Policies; rule: PolicyRule }) {
  const request = /^(REQ-\d+)/.exec(rule.text)?.[1];
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <div className="flex min-w-0 flex-col gap-5">
        <p className="text-xl font-semibold text-balance">{rule.sentence}</p>
        <CodeBlock wrap label={placeOf(rule) ?? t('granted')} code={rule.text} />
        <Card flush title={t('affects')}>
          <p className="px-4 pb-2 text-sm text-ink-soft">{t('affectsDetail')}</p>
          <Loaded small query={portNamesQuery} what={t('affected')}>
            {(names) => <AffectedTable rule={rule} ports={portsOf(rule, names)} />}
          </Loaded>
        </Card>
      </div>
      <Card
        title={t('facts')}
        aside={<Badge tone={kindTones[rule.kind]}>{rule.kind}</Badge>}
        footer={
          rule.file ? (
            <ButtonLink size="small" to="/policies/simulate" search={{ file: rule.file }}>
              {t('simulateFile')}
            </ButtonLink>
          ) : request ? (
            <ButtonLink size="small" to="/requests" search={{ id: request }}>
              {t('openRequest', request)}
            </ButtonLink>
          ) : undefined
        }
      >
        <KeyValue
          look="tight"
          rows={[
            [t('who'), <Code key="who">{rule.who}</Code>],
            [t('what'), <Code key="what">{rule.what}</Code>],
            rule.action ? [t('action'), rule.action] : null,
            [t('when'), rule.when ? <Code key="when">{rule.when}</Code> : t('always')],
            [t('domain'), rule.domain ?? t('meshWide')],
            [
              t('where'),
              rule.file ? (
                <Code key="where" className="break-all">
                  {placeOf(rule)} @ {policies.revision.slice(0, 7)}
                </Code>
              ) : (
                t('granted')
              ),
            ],
          ]}
        />
      </Card>
    </div>
  );
}

function AffectedTable({ rule, ports }: { rule: PolicyRule; ports: readonly string[] }) {
  if (ports.length === 0) return <Empty small why="none" title={t('noPorts')} />;
  return (
    <Loaded small query={affectedQuery(rule, ports)} what={t('affected')}>
      {(members) => (
        <>
          <Table
            dense
            label={t('affectedTable')}
            rows={members}
            rowKey={(member) => member.name}
            empty={<Empty small why="none" title={t('affectsNobody')} />}
            columns={[
              {
                id: 'name',
                title: t('member'),
                isRowHeader: true,
                cell: (member) => (
                  <>
                    <span className="font-medium">{member.name}</span>{' '}
                    <span className="text-ink-faint">{member.kind}</span>
                  </>
                ),
              },
              {
                id: 'ports',
                title: t('ports'),
                cell: (member) => (
                  <span className="flex flex-wrap gap-x-3">
                    {member.ports.map((port) => (
                      <Link
                        key={port}
                        className="text-sm"
                        to="/access/explain"
                        search={{ who: member.name, what: port }}
                      >
                        {port}
                      </Link>
                    ))}
                  </span>
                ),
              },
            ]}
          />
          {ports.length > portsLookedAt ? (
            <p className="px-4 py-2 text-sm text-ink-soft">{t('affectsMore', portsLookedAt)}</p>
          ) : null}
        </>
      )}
    </Loaded>
  );
}
