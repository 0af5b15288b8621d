import { autocompletion, closeBrackets, closeBracketsKeymap } from '@codemirror/autocomplete';
import { EditorState, StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, keymap, placeholder } from '@codemirror/view';
import { type Ref, useEffect, useImperativeHandle, useRef } from 'react';
import type { Caret } from '@/features/sql/caret';
import { codeEditor } from '@/features/sql/code-editor';
import { completeFrom, type LivingNames } from '@/features/sql/completing';
import { language } from '@/features/sql/dialect';
import { look } from '@/features/sql/editor-look';
import { t } from '@/features/sql/words';

export interface EditorHandle {
  focus: () => void;
  /** Writes at the cursor, in the place of what is selected. */
  insert: (text: string) => void;
  /** Selects a range and brings it into sight; with `text`, replaces it. */
  turnTo: (range: { from: number; to: number }, text?: string) => void;
}

export interface EditorProps {
  /** Whose text, cursor and undo are shown; another tab is another editor. */
  tab: string;
  memory: EditorMemory;
  value: string;
  onChange: (value: string) => void;
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

type Latest = Pick<EditorProps, 'onChange' | 'onRun' | 'names'>;

/** Text, cursor and undo of each tab, for as long as the workbench is open. */
export class EditorMemory {
  readonly states = new Map<string, EditorState>();
  /** What the states call back, whichever editor shows them. */
  latest: Latest | null = null;
}

/** Writes SQL, with completion from what the person may name. Tab leaves it, as everywhere. */
export function Editor(props: EditorProps) {
  const { tab, memory, value, onChange, onRun, names, fault, ref } = props;
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const first = useRef(value);
  memory.latest = { onChange, onRun, names };

  useEffect(() => {
    if (!host.current) return;
    const state = memory.states.get(tab) ?? freshState(first.current, memory);
    const made = new EditorView({ parent: host.current, state });
    view.current = made;
    return () => {
      memory.states.set(tab, made.state);
      made.destroy();
      view.current = null;
    };
  }, [tab, memory]);

  // A statement that comes from elsewhere, such as the history, takes the place of what stands there.
  useEffect(() => {
    const now = view.current;
    if (!now || now.state.doc.toString() === value) return;
    now.dispatch({
      changes: { from: 0, to: now.state.doc.length, insert: value },
      selection: { anchor: value.length },
    });
  }, [value]);

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

  return (
    <div className="group relative h-full min-h-0">
      <div ref={host} className="h-full overflow-hidden" />
      {/* Above the gutter, which would cover an outline. */}
      <span
        aria-hidden
        className="pointer-events-none absolute inset-0 z-[250] hidden border-2 border-focus group-focus-within:block"
      />
    </div>
  );
}

function freshState(doc: string, memory: EditorMemory): EditorState {
  return EditorState.create({
    doc,
    selection: { anchor: doc.length },
    extensions: [
      keymap.of(closeBracketsKeymap),
      closeBrackets(),
      language,
      autocompletion({
        icons: false,
        override: [completeFrom(() => memory.latest?.names ?? noNames)],
      }),
      faultField,
      look,
      placeholder(t('editorPlaceholder')),
      codeEditor({
        label: t('editor'),
        onChange: (text) => memory.latest?.onChange(text),
        onRun: () => memory.latest?.onRun(),
      }),
    ],
  });
}

const noNames: LivingNames = {
  products: [],
  columnsOf: () => undefined,
  learn: () => Promise.resolve(),
};
