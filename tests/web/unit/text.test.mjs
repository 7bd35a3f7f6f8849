import assert from 'node:assert/strict';
import { test } from 'node:test';

import { load } from './load.mjs';

const { segments } = await load('text/marks.ts');
const { parts } = await load('text/links.ts');
const { bookTitle, charCount, dateWord } = await load('text/words.ts');
const { answerAsText } = await load('text/clipboard.ts');

test('segments join to the text again, whatever the marks', () => {
  const text = '夜间施工应当取得证明';
  const sets = [
    [],
    [[0, 2]],
    [[8, 99]],
    [[-3, 5]],
    [
      [4, 4],
      [2, 4],
    ],
    [[3, 0]],
    [[50, 2]],
    [[0, 10]],
  ];
  for (const marks of sets)
    assert.equal(
      segments(text, marks)
        .map((piece) => piece.text)
        .join(''),
      text,
      JSON.stringify(marks),
    );
});

test('overlapping marks become one run', () => {
  const marked = segments('一二三四五六', [
    [2, 3],
    [1, 2],
  ]).filter((piece) => piece.marked);
  assert.equal(marked.map((piece) => piece.text).join(''), '二三四五');
});

test('telephone numbers and addresses can be tapped, other numbers not', () => {
  const links = (text) => parts(text).flatMap((part) => part.href ?? []);
  assert.deepEqual(links('拨打0999-6210333或12345'), ['tel:09996210333', 'tel:12345']);
  assert.deepEqual(links('见 https://a.example/b。'), ['https://a.example/b']);
  assert.deepEqual(links('编号112345678901、2024-12-31、第123456号'), []);
  for (const text of ['', '电话0999-6210333。', '12345'])
    assert.equal(
      parts(text)
        .map((part) => part.text)
        .join(''),
      text,
    );
});

test('the national lines can be tapped, amounts that look like them not', () => {
  const links = (text) => parts(text).flatMap((part) => part.href ?? []);
  assert.deepEqual(links('医保12393、公积金12329。'), ['tel:12393', 'tel:12329']);
  assert.deepEqual(links('补贴12345元，共12000元，编号12333-1'), []);
});

test('dates read as an official writes them', () => {
  assert.equal(dateWord('2024-04-01'), '2024年4月1日');
  assert.equal(dateWord(undefined), '');
});

test('a title carries its marks once', () => {
  assert.equal(bookTitle('劳动法'), '《劳动法》');
  assert.equal(bookTitle('《劳动法》'), '《劳动法》');
});

test('characters are counted, not code units', () => {
  assert.equal(charCount('𠮷野家'), 3);
});

test('a copied answer carries kind, sources, superseded state and label', () => {
  const text = answerAsText(
    '能施工吗',
    {
      kind: 'quoted',
      answer: '禁止施工。',
      sources: [
        {
          n: 1,
          entry: 1,
          clause: 2,
          title: '规定',
          number: '政发1号',
          label: '第三条',
          text: '',
        },
        {
          n: 2,
          entry: 3,
          clause: 4,
          title: '旧规定',
          status: 'superseded',
          text: '',
        },
      ],
      valid_on: '2026-11-22',
      label: '人工智能检索给出',
    },
    '某市问答',
  );
  for (const words of [
    '问：能施工吗',
    '依据原文摘录',
    '禁止施工。',
    '1. 《规定》 政发1号 第三条',
    '《旧规定》（已被替代）',
    '人工智能检索给出',
    '某市问答，内容核对至2026年11月22日',
  ])
    assert.ok(text.includes(words), words);
});
