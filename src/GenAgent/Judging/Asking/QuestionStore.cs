namespace GenAgent.Judging;

/// <summary>
/// The checklists of the latest prompts. Concurrent requests for one prompt share one answer, so that all its images get the same questions; failures are
/// not cached.
/// </summary>
internal sealed class QuestionStore(int capacity)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    public async Task<JsonAnswer<ChecklistJudge.Checklist>> GetAsync(
        string prompt,
        Func<string, CancellationToken, Task<JsonAnswer<ChecklistJudge.Checklist>>> make,
        CancellationToken cancellationToken)
    {
        var entry = EntryFor(prompt);
        await entry.Gate.WaitAsync(cancellationToken);
        try
        {
            if (entry.Checklist is { } kept)
            {
                return new(kept, null);
            }

            var made = await make(prompt, cancellationToken);
            entry.Checklist = made.Value;
            return made;
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    private Entry EntryFor(string prompt)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(prompt, out var known))
            {
                return known;
            }

            if (_order.Count == capacity)
            {
                _entries.Remove(_order.Dequeue());
            }

            _order.Enqueue(prompt);
            return _entries[prompt] = new Entry();
        }
    }

    private sealed class Entry
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public ChecklistJudge.Checklist? Checklist { get; set; }
    }
}
