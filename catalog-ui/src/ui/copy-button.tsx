import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { announce } from '@/ui/announce';
import { Button } from '@/ui/button';
import { showToast } from '@/ui/toast';
import { t } from '@/words/shell';

export interface CopyButtonProps {
  text: string | (() => string | Promise<string>);
  /** What is copied, e.g. `Copy trace id`. */
  label?: string;
  iconOnly?: boolean;
  kind?: 'quiet' | 'secondary' | 'primary';
}

export function CopyButton({ text, label = t('copy'), iconOnly, kind = 'quiet' }: CopyButtonProps) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === 'function' ? await text() : text);
      setCopied(true);
      announce(t('copied'));
    } catch {
      showToast({ tone: 'bad', title: t('copyFailed') });
    }
  };
  const Icon = copied ? Check : Copy;
  return (
    <Button kind={kind} size="small" onPress={copy} aria-label={iconOnly ? label : undefined}>
      <Icon aria-hidden className="size-3.5" />
      {iconOnly ? null : copied ? t('copied') : label}
    </Button>
  );
}
