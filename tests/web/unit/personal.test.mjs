import assert from 'node:assert/strict';
import { test } from 'node:test';

import { load } from './load.mjs';

const { personalData, withoutPersonal, personalWords } = await load('text/personal.ts');

const words = (text) => personalWords(personalData(text));

test('numbers of persons are told by their form', () => {
  assert.equal(words('我的身份证是110101199003074514'), '身份证号');
  assert.equal(words('11010119900307451X丢了'), '身份证号');
  assert.equal(words('旧证110101900307451'), '身份证号');
  assert.equal(words('打我电话13800138000'), '手机号');
  assert.equal(words('+86 138 0013 8000'), '手机号');
  assert.equal(words('卡号6222 0200 0000 0000 125'), '银行卡号');
  assert.equal(words('写信到 zhang.san@example.com'), '电子邮箱');
  assert.equal(words('护照E12345678'), '护照或通行证号');
  assert.equal(words('13800138000，或者110101199003074514'), '手机号、身份证号');
});

test('public numbers, sums, dates and file numbers are none', () => {
  for (const text of [
    '拨打12345或0999-6210333',
    '2026年11月22日',
    '补贴250000元',
    '安政发〔2024〕12号',
    '工单号20261122000123',
    '400-123-4567',
    '订单1234567890123456',
    '统一社会信用代码91110108MA01ABCD2X',
  ])
    assert.equal(words(text), '', text);
});

test('what is taken out leaves the question', () => {
  assert.equal(withoutPersonal('110101199003074514社保卡丢了13800138000'), '社保卡丢了');
  assert.equal(withoutPersonal('社保卡丢了'), '社保卡丢了');
});
