// A gold line under the top bar while something takes longer than it should.
const SLOW = 400;
let turn = 0;

// Shows it while some work lasts, and gives what the work gives.
export async function waiting(work) {
  const mine = ++turn;
  const timer = setTimeout(() => document.body.classList.add("slow"), SLOW);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
    if (mine === turn) document.body.classList.remove("slow");
  }
}
