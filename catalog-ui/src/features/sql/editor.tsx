import { autocompletion, closeBrackets, closeBracketsKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { sql } from '@codemirror/lang-sql';
import { bracketMatching, syntaxHighlighting } from '@codemirror/language';
import { EditorState, Prec, StateEffect, StateField } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
  placeholder,
} from '@codemirror/view';
import { type Ref, type RefObject, useEffect, useImperativeHandle, useRef, useState } from 'react';
import type { Caret } from '@/features/sql/caret';
import { completeFrom, type LivingNames } from '@/features/sql/completing';
import { dialect } from '@/features/sql/dialect';
import { highlight, look } from '@/features/sql/editor-look';
import { t } from '@/features/sql/words';

export interface EditorHandle {
  focus: () => void;
  /** Writes at the cursor, in the place of what is selected. */
  insert: (text: string) => void;
  /** Selects a range and brings it into sight; with `text`, replaces it. */
  turnTo: (range: { from: number; to: number }, text?: string) => void;
}

export interface EditorProps {
  /** Of the tab: each has its own text, cursor and undo. */
  tab: string;
  value: string;
  onChange: (tab: string, value: string) => void;
  onRun: () => void;
  names: LivingNames;
  /** Where the last run found fault. */
  fault: Caret | null;
  ref?: Ref<EditorHandle>;
}

const setFault = StateEffect.define<{ from: number; to: number } | null>();

/** The mark under what is wrong; it goes away with the first change of the text. */
const faultField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    let next = transaction.docChanged ? Decoration.none : marks;
    for (const effect of transaction.effects) {
      if (effect.is(setFault)) next = marked(effect.value, transaction.newDoc.length);
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function marked(range: { from: number; to: number } | null, length: number): DecorationSet {
  if (range === null || length === 0) return Decoration.none;
  // Beyond the end there is nothing to underline: the last character stands for it.
  const to = Math.min(Math.max(range.to, range.from + 1), length);
  const from = Math.min(range.from, to - 1);
  return Decoration.set([Decoration.mark({ class: 'cm-problem' }).range(from, to)]);
}

/** Writes SQL, with completion from what the person may name. Tab leaves it, as everywhere. */
export function Editor({ tab, value, onChange, onRun, names, fault, ref }: EditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const states = useRef(new Map<string, EditorState>());
  const shown = useRef(tab);
  const latest = useRef<Latest>({ onChange, onRun, names });
  latest.current = { onChange, onRun, names };
  const [make] = useState(() => (doc: string) => freshState(doc, latest, shown));
  const first = useRef(value);

  useEffect(() => {
    if (!host.current) return;
    const made = new EditorView({ parent: host.current, state: make(first.current) });
    view.current = made;
    return () => {
      made.destroy();
      view.current = null;
    };
  }, [make]);

  useEffect(() => {
    const now = view.current;
    if (!now) return;
    if (shown.current !== tab) {
      states.current.set(shown.current, now.state);
      shown.current = tab;
      now.setState(states.current.get(tab) ?? make(value));
    }
    if (now.state.doc.toString() !== value) {
      now.dispatch({
        changes: { from: 0, to: now.state.doc.length, insert: value },
        selection: { anchor: value.length },
      });
    }
  }, [tab, value, make]);

  useEffect(() => {
    view.current?.dispatch({ effects: setFault.of(fault) });
  }, [fault]);

  useImperativeHandle(ref, () => ({
    focus: () => view.current?.focus(),
    insert: (text) => {
      const now = view.current;
      if (!now) return;
      now.dispatch(now.state.replaceSelection(text), { scrollIntoView: true });
      now.focus();
    },
    turnTo: (range, text) => {
      const now = view.current;
      if (!now) return;
      const length = now.state.doc.length;
      const [from, to] = [Math.min(range.from, length), Math.min(range.to, length)];
      if (text === undefined) now.dispatch({ selection: { anchor: from, head: to } });
      else {
        now.dispatch({
          changes: { from, to, insert: text },
          selection: { anchor: from + text.length },
        });
      }
      now.dispatch({ effects: EditorView.scrollIntoView(from) });
      now.focus();
    },
  }));

  return <div ref={host} className="h-full min-h-0 overflow-hidden" />;
}

type Latest = Pick<EditorProps, 'onChange' | 'onRun' | 'names'>;

function freshState(doc: string, latest: RefObject<Latest>, tab: RefObject<string>): EditorState {
  const run = () => {
    latest.current.onRun();
    return true;
  };
  return EditorState.create({
    doc,
    selection: { anchor: doc.length },
    extensions: [
      Prec.highest(keymap.of([{ key: 'Mod-Enter', run }])),
      EditorView.cspNonce.of(nonce()),
      history(),
      lineNumbers(),
      drawSelection(),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      bracketMatching(),
      closeBrackets(),
      sql({ dialect }),
      autocompletion({ override: [completeFrom(() => latest.current.names)] }),
      syntaxHighlighting(highlight),
      faultField,
      look,
      placeholder(t('editorPlaceholder')),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': t('editor') }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) latest.current.onChange(tab.current, update.state.doc.toString());
      }),
      keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap]),
    ],
  });
}

/** Browsers hide the attribute from scripts, but not the property. */
function nonce(): string {
  const meta = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]');
  return meta?.nonce || meta?.getAttribute('nonce') || '';
}
