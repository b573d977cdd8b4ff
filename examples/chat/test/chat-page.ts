import type { BrowserContextOptions, Page } from 'playwright-core';

export const desktop: BrowserContextOptions = {
  viewport: { width: 1200, height: 760 },
  colorScheme: 'light',
};
export const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 780 },
  colorScheme: 'dark',
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};

export async function logIn(page: Page, name: string): Promise<void> {
  await page.getByLabel('Your name').fill(name);
  await page.keyboard.press('Enter');
  await page.getByLabel('Message', { exact: true }).waitFor();
}

export async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.keyboard.press('Enter');
}

export const waitForMessage = (page: Page, text: string) =>
  page.getByRole('log').getByText(text, { exact: true }).waitFor();
export const waitForCount = (page: Page, text: string) =>
  page.locator('#room-count').getByText(text, { exact: true }).waitFor();
