import { Search, X } from 'lucide-react';
import type { Ref } from 'react';
import {
  SearchField as AriaSearchField,
  type SearchFieldProps as AriaSearchFieldProps,
  Button,
  Input,
} from 'react-aria-components';
import { cx } from '@/ui/cx';
import { t } from '@/words/shell';

export interface SearchFieldProps
  extends Omit<AriaSearchFieldProps, 'className' | 'style' | 'children'> {
  /** Said by screen readers; the placeholder is not a label. */
  'aria-label': string;
  placeholder?: string;
  /** A key that leads here, shown while the field is empty. */
  keyHint?: string;
  inputRef?: Ref<HTMLInputElement>;
  className?: string;
}

export function SearchField({
  placeholder,
  keyHint,
  inputRef,
  className,
  ...props
}: SearchFieldProps) {
  return (
    <AriaSearchField {...props} className={cx('group relative flex items-center', className)}>
      <Search aria-hidden className="pointer-events-none absolute left-2.5 size-4 text-ink-faint" />
      <Input
        ref={inputRef}
        placeholder={placeholder}
        className="min-h-9 w-full rounded-md border border-line-strong bg-surface pr-9 pl-8 text-base text-ink placeholder:text-ink-faint [&::-webkit-search-cancel-button]:hidden"
      />
      {keyHint ? (
        <kbd
          aria-hidden
          className="pointer-events-none absolute right-2.5 hidden group-data-empty:block group-focus-within:hidden"
        >
          {keyHint}
        </kbd>
      ) : null}
      <Button
        aria-label={t('clear')}
        className="absolute right-1.5 grid size-6 cursor-pointer place-items-center rounded-sm text-ink-soft group-data-empty:hidden data-hovered:bg-hover"
      >
        <X aria-hidden className="size-4" />
      </Button>
    </AriaSearchField>
  );
}
