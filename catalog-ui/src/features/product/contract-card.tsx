import { FeatureView } from '@/features/product/features';
import { type ContractAnswer, contractQuery, type PortAnswer } from '@/features/product/queries';
import { t } from '@/features/product/words';
import { Badge } from '@/ui/badge';
import { Card } from '@/ui/card';
import { Code, CodeBlock } from '@/ui/code-block';
import { GlossaryTerm } from '@/ui/glossary-term';
import { KeyValue } from '@/ui/key-value';
import { PortLink, RevisionLink } from '@/ui/names';
import { Loaded } from '@/ui/states/loaded';

/** What the port promises, as it is committed. */
export function ContractCard({ port }: { port: PortAnswer }) {
  return (
    <Card title={<GlossaryTerm term="contract">{t('contract')}</GlossaryTerm>}>
      <Loaded query={contractQuery(port.name)} what={t('contract')} small>
        {(contract) => <ContractView contract={contract} port={port} />}
      </Loaded>
    </Card>
  );
}

function ContractView({ contract, port }: { contract: ContractAnswer; port: PortAnswer }) {
  return (
    <div className="flex flex-col gap-4">
      <KeyValue
        rows={[
          [t('contractId'), <Code>{contract.id}</Code>],
          [
            t('version'),
            <span className="inline-flex items-center gap-2">
              {contract.version}
              {contract.status ? <Badge>{contract.status}</Badge> : null}
            </span>,
          ],
          contract.purpose ? [t('meaning'), contract.purpose] : null,
          [
            t('source'),
            <span className="wrap-anywhere">
              <Code>{contract.file}</Code> @ <RevisionLink revision={contract.revision} />
            </span>,
          ],
          port.featureView
            ? [
                <GlossaryTerm term="feature view">{t('featureView')}</GlossaryTerm>,
                <FeatureView view={port.featureView} />,
              ]
            : null,
          port.foreignKeys.length > 0
            ? [
                t('foreignKeys'),
                <ul>
                  {port.foreignKeys.map((key) => (
                    <li key={key.name}>
                      <Code>{key.columns.join(', ')}</Code> → <PortLink name={key.target} />{' '}
                      <Code>({key.targetColumns.join(', ')})</Code>
                    </li>
                  ))}
                </ul>,
              ]
            : null,
        ]}
      />
      {contract.document ? (
        <CodeBlock label={t('contractDocument')} code={contract.document} lineNumbers tall />
      ) : (
        <p className="text-ink-soft">{t('contractHidden')}</p>
      )}
    </div>
  );
}
