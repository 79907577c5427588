// Talks to the local Slack: reads pieces of the page, posts what the person did.

/** Who the person at this page is at this moment, and where. */
export const here = {
  get person() { return document.body.dataset.viewer; },
  set person(id) { document.body.dataset.viewer = id; },
  get channel() { return document.body.dataset.channel; },
  get thread() { return document.body.dataset.thread; },
};

/** A path of the page as this person would see it. */
export function asPerson(path) {
  const url = new URL(path, location.href);
  url.searchParams.set('as', here.person);
  return url;
}

/** The HTML at a path, or null when the page's server does not answer with any. */
export async function read(path) {
  try {
    const answer = await fetch(asPerson(path));
    const isHtml = answer.headers.get('Content-Type')?.startsWith('text/html');
    return isHtml ? await answer.text() : null;
  } catch {
    return null;
  }
}

/** Post one deed; answers `{acked, error, errors}`, whatever happens. */
export async function post(deed, body) {
  const send = () => fetch(`/page/do/${deed}`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'X-Page-Token': document.querySelector('meta[name=page-token]').content,
    },
    body: JSON.stringify({ as: here.person, ...body }),
  });
  try {
    const answer = await send();
    return { acked: false, errors: {}, ...(await answer.json()) };
  } catch {
    return { acked: false, error: 'not_connected', errors: {} };
  }
}
