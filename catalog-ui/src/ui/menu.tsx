import type { ReactElement, ReactNode } from 'react';
import {
  Menu as AriaMenu,
  Header,
  MenuItem,
  MenuSection,
  MenuTrigger,
  Popover,
  Separator,
} from 'react-aria-components';
import { cx } from '@/ui/cx';
import { itemClass, popoverClass } from '@/ui/select';

export interface MenuAction {
  id: string;
  label: string;
  icon?: ReactNode;
  hint?: string;
  isDisabled?: boolean;
  tone?: 'normal' | 'danger';
  onAction: () => void;
}

export interface MenuGroup {
  title?: string;
  actions: readonly MenuAction[];
}

export interface MenuProps {
  label: string;
  /** A `Button`. With `data-actions` on it, the key `.` opens the menu of what has the focus. */
  trigger: ReactElement;
  groups: readonly MenuGroup[];
}

/** What can be done with something, in groups. */
export function Menu({ label, trigger, groups }: MenuProps) {
  return (
    <MenuTrigger>
      {trigger}
      <Popover className={cx(popoverClass, 'max-w-80 min-w-48')} placement="bottom end">
        <AriaMenu aria-label={label} className="outline-none">
          {groups.map((group, at) => (
            <MenuSection key={at} aria-label={group.title ?? label}>
              {at > 0 ? <Separator className="my-1 border-t border-line" /> : null}
              {group.title ? (
                <Header className="px-2 pt-1.5 pb-0.5 text-xs font-medium text-ink-faint">
                  {group.title}
                </Header>
              ) : null}
              {group.actions.map((action) => (
                <MenuItem
                  key={action.id}
                  id={action.id}
                  textValue={action.label}
                  isDisabled={action.isDisabled}
                  onAction={action.onAction}
                  className={cx(itemClass, action.tone === 'danger' && 'text-bad-ink')}
                >
                  {action.icon ? (
                    <span className="mt-0.5 shrink-0 [&>svg]:size-4">{action.icon}</span>
                  ) : null}
                  <span className="min-w-0">
                    <span className="block">{action.label}</span>
                    {action.hint ? (
                      <span className="block text-sm text-ink-soft">{action.hint}</span>
                    ) : null}
                  </span>
                </MenuItem>
              ))}
            </MenuSection>
          ))}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}
