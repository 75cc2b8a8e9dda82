using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using GenAgent.Server.Storage;

namespace GenAgent.Server.Jobs;

/// <summary>Jobs over the table.</summary>
internal sealed class JobService(JobTable table, JobHub hub, JobRules rules, JobQueueSignal signal, DataFolder folder, JobIds ids, TimeProvider time) : IJobs
{
    private const int EventsAQuery = 500;

    public async Task<Job> SubmitAsync(JobRequest request, CancellationToken cancellationToken = default)
    {
        var digest = DigestOf(request);
        var checkedRequest = rules.Check(request);
        folder.RequireRoom();
        var owner = request.Owner ?? string.Empty;
        var (all, own) = await table.WaitingAsync(owner, cancellationToken);
        rules.RequireRoom(all, own);
        var job = new Job(ids.Next(), JobState.Queued, checkedRequest) { Created = time.GetUtcNow() };
        var (kept, keptDigest, isNew) = await table.InsertAsync(job, digest, checkedRequest.Images, JobEvents.OfState(1, JobState.Queued), cancellationToken);
        if (isNew) signal.Set();
        else if (!string.Equals(digest, keptDigest, StringComparison.Ordinal)) throw new RefusedException(
            422, "This Idempotency-Key belongs to another request: choose a new key.", "Idempotency-Key");
        return kept;
    }

    public Task<Job?> FindAsync(string id, CancellationToken cancellationToken = default) => table.FindAsync(id, cancellationToken);

    public async Task<IReadOnlyList<Job>> ListAsync(JobFilter filter, CancellationToken cancellationToken = default) =>
        await table.ListAsync(filter, cancellationToken);

    public async Task<bool> CancelAsync(string id, CancellationToken cancellationToken = default)
    {
        long last = 0;
        var found = await table.CancelAsync(id, sequence => JobEvents.OfState(last = sequence, JobState.Cancelled, samples: []), cancellationToken);
        if (last > 0) hub.Tell(id, last);
        return found;
    }

    public async IAsyncEnumerable<JobEvent> EventsAsync(string id, long after = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var watching = hub.Watching(id);
        while (true)
        {
            // Asked for before the table is read, so that nothing that comes in between is missed.
            var next = hub.NextAsync(id);
            var events = await table.EventsAsync(id, after, EventsAQuery, cancellationToken);
            foreach (var happened in events)
            {
                after = happened.Sequence;
                yield return happened;
                if (happened.IsLast) yield break;
            }

            if (events.Count == EventsAQuery) continue;

            // A reader that begins behind the last event, or whose job was deleted, waits for nothing.
            if (events.Count == 0 && await table.FindAsync(id, cancellationToken) is null or { IsOver: true })
            {
                if ((await table.EventsAsync(id, after, 1, cancellationToken)).Count == 0) yield break;
                continue;
            }

            await next.WaitAsync(cancellationToken);
        }
    }

    // What was asked for, images included, before it is changed in any way.
    private static string DigestOf(JobRequest request)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(request with { IdempotencyKey = null }, ServerJson.Options));
        foreach (var image in request.Images) hash.AppendData(image.Span);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
