/** Every message of every scenario carries this object: 128 bytes of JSON, as in the goals. */
export const payload: { id: number; user: string; text: string } = {
  id: 100_001,
  user: 'user-0042',
  text: '',
};
payload.text = 'x'.repeat(128 - JSON.stringify(payload).length);

/** The payload as JSON text. */
export const payloadJson: string = JSON.stringify(payload);

/** The HMAC secret of every server that checks tokens. */
export const authKey = 'benchmark-secret-of-at-least-32-bytes!';
