using System.Collections.Concurrent;
using Microsoft.Extensions.AI;

namespace GenAgent.Server.Backends;

/// <summary>The latest preview of each sample that this process runs. Safe to use from many tasks at once.</summary>
internal sealed class Previews
{
    private readonly ConcurrentDictionary<(string Job, int Sample), DataContent> _latest = new();
    private long _version;

    /// <summary>Keeps a preview, and returns its URL.</summary>
    public string Keep(string job, int sample, DataContent preview)
    {
        _latest[(job, sample)] = preview;
        return $"/api/jobs/{job}/preview/{sample}?v={Interlocked.Increment(ref _version)}";
    }

    public DataContent? Find(string job, int sample) => _latest.GetValueOrDefault((job, sample));

    public void Remove(string job, int sample) => _latest.TryRemove((job, sample), out _);
}
