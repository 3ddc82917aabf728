/** What a device keeps is sealed: AES-GCM with a key that no script can read out. Without the key the rest is noise. */

/** `iv` is 96 bits and never used twice under a key (NIST SP 800-38D, 8.2.2). */
export interface Sealed {
  iv: Uint8Array<ArrayBuffer>;
  data: ArrayBuffer;
}
/** Seals and opens; `about` names the place it lies in, so that what was moved to another place does not open there. */
export interface Vault {
  seal: (about: string, value: unknown) => Promise<Sealed>;
  /** Throws when the key is another one, or anything was changed. */
  open: (about: string, sealed: Sealed) => Promise<unknown>;
  sealBlob: (about: string, blob: Blob) => Promise<Sealed>;
  openBlob: (about: string, sealed: Sealed, type: string) => Promise<Blob>;
}

const NAME = 'AES-GCM';

/** A key that can be kept (structured clone) but not read out. Throws where the origin is not secure. */
export const newKey = (): Promise<CryptoKey> =>
  crypto.subtle.generateKey({ name: NAME, length: 256 }, false, ['encrypt', 'decrypt']);

export function vaultOf(key: CryptoKey): Vault {
  const wordsOf = (about: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(about);
  const lock = async (about: string, bytes: BufferSource): Promise<Sealed> => {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const data = await crypto.subtle.encrypt({ name: NAME, iv, additionalData: wordsOf(about) }, key, bytes);
    return { iv, data };
  };
  const unlock = (about: string, { iv, data }: Sealed): Promise<ArrayBuffer> =>
    crypto.subtle.decrypt({ name: NAME, iv, additionalData: wordsOf(about) }, key, data);
  return {
    seal: (about, value) => lock(about, new TextEncoder().encode(JSON.stringify(value))),
    open: async (about, sealed) => JSON.parse(new TextDecoder().decode(await unlock(about, sealed))) as unknown,
    sealBlob: async (about, blob) => lock(about, await blob.arrayBuffer()),
    openBlob: async (about, sealed, type) => new Blob([await unlock(about, sealed)], { type }),
  };
}
