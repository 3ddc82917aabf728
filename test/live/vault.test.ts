/** What a device keeps is noise without its key, and says what it was when it is opened. */
import { expect, test } from 'vitest';
import { newKey, vaultOf } from '../../web/live/vault.ts';

const CANARY = '新城区解放路桥洞 13912345678';

test('what was sealed comes back, and nothing of it can be read in between', async () => {
  const vault = vaultOf(await newKey());
  const value = { place: CANARY, people: [{ refusal: null, needs: [] }], at: 1 };
  const sealed = await vault.seal('picture', value);
  expect(await vault.open('picture', sealed)).toEqual(value);
  expect(Buffer.from(sealed.data).includes(Buffer.from(CANARY))).toBe(false);
  const photo = new Blob([new Uint8Array([255, 216, 255, 0, 1])], { type: 'image/jpeg' });
  const box = await vault.sealBlob('file 0', photo);
  const back = await vault.openBlob('file 0', box, photo.type);
  expect([back.type, await back.bytes()]).toEqual(['image/jpeg', await photo.bytes()]);
});

test('the same value is never sealed to the same bytes', async () => {
  const vault = vaultOf(await newKey());
  const boxes = await Promise.all(Array.from({ length: 50 }, () => vault.seal('x', CANARY)));
  expect(new Set(boxes.map(({ iv }) => Buffer.from(iv).toString('hex'))).size).toBe(50);
  expect(new Set(boxes.map(({ data }) => Buffer.from(data).toString('hex'))).size).toBe(50);
});

test('it opens with the own key only, in its own place, unchanged', async () => {
  const key = await newKey();
  const vault = vaultOf(key);
  const sealed = await vault.seal('item a', CANARY);
  await expect(vaultOf(await newKey()).open('item a', sealed)).rejects.toThrow();
  await expect(vault.open('item b', sealed)).rejects.toThrow();
  const data = sealed.data.slice();
  new Uint8Array(data)[3]! ^= 1;
  await expect(vault.open('item a', { ...sealed, data })).rejects.toThrow();
  await expect(crypto.subtle.exportKey('raw', key)).rejects.toThrow();
});
