import { useState } from 'react';
import { t } from '@/features/publish/words';
import { Button } from '@/ui/button';
import { CodeBlock } from '@/ui/code-block';
import { Dialog } from '@/ui/dialog';

const steps = [
  { label: t('newDomain'), code: 'weft init domain sales' },
  { label: t('newProductStep'), code: 'weft init product sales.orders' },
  { label: t('newCheck'), code: 'weft validate\nweft plan' },
  {
    label: t('newCommit'),
    code: 'git switch -c orders\ngit add products/sales\ngit commit -m "sales.orders: a first version"\ngit push -u origin orders',
  },
];

/** How a product begins: by files in git, since nothing else writes. */
export function NewProduct() {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button onPress={() => setOpen(true)}>{t('newProduct')}</Button>
      <Dialog
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        title={t('newProductTitle')}
        footer={<Button onPress={() => setOpen(false)}>{t('close')}</Button>}
      >
        <p className="mb-4 text-ink-soft">{t('newProductLead')}</p>
        <ol className="flex flex-col gap-3">
          {steps.map((step) => (
            <li key={step.label}>
              <CodeBlock label={step.label} code={step.code} />
            </li>
          ))}
        </ol>
      </Dialog>
    </>
  );
}
