using System.Runtime.CompilerServices;
using GenAgent.Agents;
using GenAgent.Server.Jobs;
using Microsoft.Extensions.AI;

namespace GenAgent.Server.Protocols;

/// <summary>
/// A job under way, for the client that asked for it. Who disposes of it before its end cancels the job, unless the client can come back to it.
/// </summary>
/// <param name="jobs">The jobs.</param>
/// <param name="runs">Reads images.</param>
/// <param name="job">The job.</param>
/// <param name="outlivesClient">Whether the client can come back to it without an idempotency key.</param>
internal sealed class ProtocolRun(IJobs jobs, ProtocolRuns runs, Job job, bool outlivesClient) : IAsyncDisposable
{
    private readonly JobRequest _order = job.Request;
    private bool _ended;

    /// <summary>The job's id.</summary>
    public string JobId => job.Id;

    /// <summary>When the job was submitted, in Unix seconds.</summary>
    public long Created => job.Created.ToUnixTimeSeconds();

    /// <summary>What happens, from the beginning to the end of the job; each sample ends with one <see cref="SampleUpdate"/>. To be enumerated once.</summary>
    public async IAsyncEnumerable<RunUpdate> UpdatesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var readers = Enumerable.Range(0, _order.Count).Select(sample => new RunReader(sample, _order.Rounds ?? ImageAgentOptions.DefaultRounds)).ToArray();
        await foreach (var happened in jobs.EventsAsync(JobId, after: 0, cancellationToken))
        {
            if (happened.Sample < 0 || happened.Sample >= readers.Length) continue;
            foreach (var update in readers[happened.Sample].Read(happened.Kind, happened.Data)) yield return update;
        }

        _ended = true;

        // A sample that made no image has no last event of its own.
        if (!readers.All(reader => reader.IsOver))
        {
            var ended = await jobs.FindAsync(JobId, cancellationToken);
            for (var sample = 0; sample < readers.Length; sample++)
            {
                if (readers[sample].IsOver) continue;
                var kept = ended?.Samples.FirstOrDefault(one => one.Index == sample);
                yield return readers[sample].Close(kept?.Image, kept?.Reason ?? ended?.Error);
            }
        }
    }

    /// <summary>Follows the job to its end.</summary>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <param name="told">Is told of each update as it comes; null for nobody.</param>
    /// <returns>How each sample ended, in the order of the samples.</returns>
    public async Task<IReadOnlyList<SampleUpdate>> SamplesAsync(CancellationToken cancellationToken, Func<RunUpdate, Task>? told = null)
    {
        var samples = new SortedDictionary<int, SampleUpdate>();
        await foreach (var update in UpdatesAsync(cancellationToken))
        {
            if (update is SampleUpdate sample) samples[sample.Sample] = sample;
            if (told is not null) await told(update);
        }

        return [.. samples.Values];
    }

    /// <summary>An image's bytes.</summary>
    public Task<ReadOnlyMemory<byte>> ReadAsync(RunImage image) => runs.ReadAsync(image.Id);

    /// <summary>The latest preview of a sample that this process runs; null for none.</summary>
    public DataContent? Preview(int sample) => runs.Preview(JobId, sample);

    /// <summary>Cancels the job; one that is over stays as it is.</summary>
    public Task CancelAsync() => jobs.CancelAsync(JobId, CancellationToken.None);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_ended && !outlivesClient && _order.IdempotencyKey is null) await CancelAsync();
    }
}
