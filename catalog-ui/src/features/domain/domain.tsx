import { productColumns } from '@/features/domain/product-columns';
import { type DomainAnswer, domainQuery } from '@/features/domain/queries';
import { t } from '@/features/domain/words';
import { Status } from '@/ui/badge';
import { ButtonLink } from '@/ui/button';
import { Card } from '@/ui/card';
import { GlossaryTerm } from '@/ui/glossary-term';
import { KeyValue } from '@/ui/key-value';
import { OutLink } from '@/ui/link';
import { Page } from '@/ui/page';
import { Empty } from '@/ui/states/empty';
import { Loaded } from '@/ui/states/loaded';
import { SkeletonRows } from '@/ui/states/skeleton';
import { Table } from '@/ui/table';

/** A domain: who answers for it, what it offers, how that fares. */
export function Domain({ name }: { name: string }) {
  return (
    <Loaded
      query={domainQuery(name)}
      what={t('what')}
      skeleton={<SkeletonRows rows={8} />}
      frame={(state) => <Page title={name}>{state}</Page>}
    >
      {(domain) => <DomainView domain={domain} />}
    </Loaded>
  );
}

export function DomainView({ domain }: { domain: DomainAnswer }) {
  return (
    <Page
      title={domain.name}
      lead={domain.description}
      above={
        <p className="mb-1 text-sm text-ink-soft">
          <GlossaryTerm term="domain">{t('breadcrumb')}</GlossaryTerm>
        </p>
      }
      actions={
        <ButtonLink to="/search" search={{ domain: domain.name }}>
          {t('find')}
        </ButtonLink>
      }
    >
      <div className="flex flex-col gap-5">
        <div className="grid grid-cols-[repeat(auto-fit,minmax(min(20rem,100%),1fr))] gap-5">
          <Card title={t('about')}>
            <KeyValue
              look="tight"
              rows={[
                [t('owner'), domain.owner],
                domain.contact ? [t('contact'), <Contact contact={domain.contact} />] : null,
              ]}
            />
          </Card>
          <Card title={t('health')}>
            <Health domain={domain} />
          </Card>
        </div>
        <Card title={t('products')} aside={t('countedProducts', domain.products.length)} flush>
          <Table
            label={t('products')}
            columns={productColumns}
            rows={domain.products}
            rowKey={({ product }) => product.name}
            empty={<Empty why="not-yours" title={t('none')} detail={t('noneDetail')} small />}
            className="border-t border-line"
          />
        </Card>
      </div>
    </Page>
  );
}

function Contact({ contact }: { contact: string }) {
  return /^[^\s@]+@[^\s@]+$/.test(contact) ? (
    <OutLink href={`mailto:${contact}`} className="wrap-anywhere">
      {contact}
    </OutLink>
  ) : (
    <span className="wrap-anywhere">{contact}</span>
  );
}

function Health({ domain }: { domain: DomainAnswer }) {
  const late = domain.products.filter((product) => product.late === true).length;
  const failing = domain.products.filter((product) => product.quality.failed > 0).length;
  if (late === 0 && failing === 0) return <Status tone="good">{t('allWell')}</Status>;
  return (
    <ul className="flex flex-col gap-1">
      {late > 0 ? (
        <li>
          <Status tone="bad">{t('someLate', late)}</Status>
        </li>
      ) : null}
      {failing > 0 ? (
        <li>
          <Status tone="bad">{t('someFail', failing)}</Status>
        </li>
      ) : null}
    </ul>
  );
}
