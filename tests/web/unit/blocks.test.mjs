import assert from 'node:assert/strict';
import { test } from 'node:test';

import { load } from './load.mjs';

const { blocks, plainText } = await load('text/blocks.ts');
const { answerMarks, isQuoted } = await load('text/marks.ts');

const TABLE = '| 情形 | 工本费 |\n|---|:--:|\n| 补领 | 40元 |\n| 换领 |  |';

test('every piece is the slice of the text that it names', () => {
  const text = `前一段\n\n${TABLE}\n  后一段 | 不是表格\n| 孤行 |\n`;
  const pieces = blocks(text).flatMap((block) =>
    block.kind === 'table' ? [block.head, ...block.rows].flat() : [block],
  );
  assert.equal(pieces.length, 9);
  for (const piece of pieces)
    assert.equal(text.slice(piece.start, piece.start + piece.text.length), piece.text);
});

test('a run of rows is a table whose first row is the heading', () => {
  const [table, ...rest] = blocks(TABLE);
  assert.equal(rest.length, 0);
  assert.deepEqual(
    table.head.map((cell) => cell.text),
    ['情形', '工本费'],
  );
  assert.deepEqual(
    table.rows.map((row) => row.map((cell) => cell.text)),
    [
      ['补领', '40元'],
      ['换领', ''],
    ],
  );
});

test('a citation heads a quotation, and only there', () => {
  const text =
    '《安澜市〈某〉办法》（安政发〔2024〕8号）第三条：\n《劳动法》规定：\n\n《指南》收费标准：\n免费';
  const kinds = (cited) => blocks(text, cited).map((block) => block.kind);
  assert.deepEqual(kinds(true), ['citation', 'line', 'citation', 'line']);
  assert.deepEqual(kinds(false), ['line', 'line', 'line', 'line']);
  const [first, , second] = blocks(text, true);
  assert.deepEqual(first, {
    kind: 'citation',
    title: '《安澜市〈某〉办法》',
    number: '安政发〔2024〕8号',
    label: '第三条',
  });
  assert.deepEqual(second, {
    kind: 'citation',
    title: '《指南》',
    number: '',
    label: '收费标准',
  });
});

test('as plain text a table names its cells, and other text stays as it is', () => {
  assert.equal(plainText(`收费：\n${TABLE}`), '收费：\n情形：补领；工本费：40元\n情形：换领');
  assert.equal(plainText('一行\n\n又一行'), '一行\n\n又一行');
});

test('any text is taken apart without an error', () => {
  for (const text of ['', '\n', '|', '||', '| |', '|\n|', '| a', 'a |', '|a|b\n|c|', '《》：'])
    for (const cited of [true, false]) {
      assert.ok(Array.isArray(blocks(text, cited)), text);
      assert.equal(typeof plainText(text), 'string');
    }
});

test('marks of a source follow its words into the answer', () => {
  const source = {
    n: 1,
    entry: 1,
    clause: 1,
    title: '',
    text: '夜间禁止施工',
    marks: [[2, 2]],
  };
  const answer = `《规定》第三条：\n${source.text}`;
  const [[start, length]] = answerMarks(answer, [source, { ...source, text: '别的' }]);
  assert.equal(answer.slice(start, start + length), '禁止');
  assert.equal(isQuoted(answer, source), true);
  assert.equal(isQuoted(answer, { ...source, text: ' ' }), false);
});
