import { fileURLToPath } from 'node:url';
import express, { type RequestHandler } from 'express';

/** What `npm run build` made of the page. */
const directory = fileURLToPath(new URL('../page/', import.meta.url));

const headers = {
  'content-security-policy':
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
};

/** The page and its files. */
export function pages(): RequestHandler[] {
  return [
    (_request, response, next) => {
      response.set(headers);
      next();
    },
    express.static(directory),
  ];
}
