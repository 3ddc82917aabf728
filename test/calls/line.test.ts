/** What a telephone system may say in the address of the hotline's page. */
import { expect, test } from 'vitest';
import { readLine } from '../../web/calls/line.ts';

const now = new Date('2026-11-22T20:00:00.000Z');
const nothing = { hotline: null, rangAt: null, caller: null };
test.each([
  ['?hotline=xa-12345', '', { hotline: 'XA-12345' }],
  ['', '#hotline=XA-12345&caller=13800000000', { hotline: 'XA-12345', caller: '13800000000' }],
  ['?caller=%2B86%20138-0000-0000', '', { caller: '+86 138-0000-0000' }],
  ['?rang=2026-11-22T19:59:50Z', '', { rangAt: '2026-11-22T19:59:50.000Z' }],
  ['?rang=2026-11-23T03:59:50%2B08:00', '', { rangAt: '2026-11-22T19:59:50.000Z' }],
  // an offset's + that nobody escaped
  ['?rang=2026-11-23T03:59:50+08:00', '', { rangAt: '2026-11-22T19:59:50.000Z' }],
  // its clock is ahead: it rang now at the latest
  ['?rang=2026-11-22T20:01:00Z', '', { rangAt: now.toISOString() }],
])('%s%s', (search, hash, said) => {
  expect(readLine({ search, hash }, now)).toEqual({ ...nothing, ...said });
});

test.each([
  '',
  '?rang=2026-11-22T20:03:00Z',
  '?rang=2026-11-22T19:29:00Z',
  '?rang=2026-11-22',
  '?rang=2026-11-22T19:59:50',
  '?rang=now',
  '?hotline=no%20such%3Cb%3E',
  '?hotline=XA',
  '?caller=anonymous',
  '?caller=%3Cscript%3E',
  `?caller=${'1'.repeat(40)}`,
  '?incident=1',
])('%s says nothing', (search) => {
  expect(readLine({ search, hash: '' }, now)).toBeNull();
});
