/** `#development` where the conditions `browser` and `production` are set: see `full.ts`. */
export const isDevelopment: boolean = false;
