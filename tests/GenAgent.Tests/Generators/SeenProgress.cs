using GenAgent.Generators;

namespace GenAgent.Tests.Generators;

/// <summary>Keeps what a generator tells, in the order in which it is told.</summary>
internal sealed class SeenProgress(Action<ImageProgress>? then = null) : IProgress<ImageProgress>
{
    private readonly List<ImageProgress> _reports = [];

    public IReadOnlyList<ImageProgress> Reports
    {
        get
        {
            lock (_reports)
            {
                return [.. _reports];
            }
        }
    }

    public void Report(ImageProgress value)
    {
        lock (_reports)
        {
            _reports.Add(value);
        }

        then?.Invoke(value);
    }
}
