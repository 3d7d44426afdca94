// What the page asks of the server; an error's text is made for people.

async function answerOf(response) {
  if (response.ok) return response;
  const told = await response.json().catch(() => null);
  const error = new Error(told?.error ?? `the server answered ${response.status}`);
  error.status = response.status;
  // In seconds; a busy server says when to come again.
  error.retryAfter = Number(response.headers.get("Retry-After"));
  throw error;
}

function unheard(error) {
  if (error.name === "AbortError") throw error;
  throw Object.assign(new Error("the server does not answer; is `irodori app` still running?"), { retryAfter: 2 });
}

function formOf(order) {
  const form = new FormData();
  for (const [name, value] of Object.entries(order)) {
    if (value !== null && value !== undefined) form.append(name, value);
  }
  return form;
}

export async function models() {
  return (await answerOf(await fetch("/api/models"))).json();
}

// `order`: lines and hints as blobs, and the fields of the API.
export async function ask(what, order, signal) {
  return answerOf(await fetch(`/api/${what}`, { method: "POST", body: formOf(order), signal }).catch(unheard));
}
