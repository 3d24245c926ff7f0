using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Http;

namespace Lectern.Host;

/// <summary>Every hour: forgets the answers whose published retention is over.</summary>
internal sealed class Housekeeping(QueueOperations queue, TimeProvider time, ILogger<Housekeeping> log)
    : PeriodicWork(TimeSpan.FromHours(1), time, log)
{
    protected override Task DoAsync(CancellationToken stop) => queue.ForgetAnswersAsync(Idempotency.Retention, stop);
}
