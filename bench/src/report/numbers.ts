/** Three significant digits, without an exponent. */
export function formatValue(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const digits = value === 0 ? 0 : 2 - Math.floor(Math.log10(Math.abs(value)));
  return value.toLocaleString('en', {
    minimumFractionDigits: Math.min(4, Math.max(0, digits)),
    maximumFractionDigits: Math.min(4, Math.max(0, digits)),
  });
}

/** A ratio such as `1.12 ×`. */
export function formatRatio(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? '–' : `${value.toFixed(2)} ×`;
}

export function formatSpread(spread: number): string {
  return Number.isFinite(spread) ? `±${Math.round(spread * 100)} %` : '';
}

/** Whether a goal is met. */
export function formatVerdict(isMet: boolean): string {
  return isMet ? 'met' : 'NOT MET';
}

/** A share of a core's time. */
export function formatShare(share: number | undefined): string {
  return share === undefined ? '–' : `${Math.round(share * 100)} %`;
}
