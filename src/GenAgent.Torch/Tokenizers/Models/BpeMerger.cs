namespace GenAgent.Torch.Tokenizers.Models;

/// <summary>Merges one piece's symbols: the lowest rank first, of equal ones the leftmost. In n log n, so that no text makes it hang.</summary>
internal sealed class BpeMerger
{
    private readonly BpeModel _model;
    private readonly int[] _ids;
    private readonly int[] _next;
    private readonly int[] _previous;
    private readonly PriorityQueue<(int Position, int First, int Second), (int Rank, int Position)> _queue = new();

    public BpeMerger(BpeModel model, List<int> symbols)
    {
        _model = model;
        _ids = [.. symbols];
        _next = new int[_ids.Length];
        _previous = new int[_ids.Length];
        for (var i = 0; i < _ids.Length; i++)
        {
            _next[i] = i + 1 < _ids.Length ? i + 1 : -1;
            _previous[i] = i - 1;
        }
    }

    public int[] Run()
    {
        for (var i = 0; i + 1 < _ids.Length; i++)
        {
            Offer(i);
        }

        while (_queue.TryDequeue(out var entry, out _))
        {
            // Stale where one of the two symbols was merged away since; a removed symbol's id is -1.
            var right = _next[entry.Position];
            if (_ids[entry.Position] != entry.First || right < 0 || _ids[right] != entry.Second)
            {
                continue;
            }

            _model.TryMerge(entry.First, entry.Second, out var merge);
            _ids[entry.Position] = merge.Id;
            _ids[right] = -1;
            _next[entry.Position] = _next[right];
            if (_next[right] >= 0)
            {
                _previous[_next[right]] = entry.Position;
            }

            Offer(entry.Position);
            if (_previous[entry.Position] >= 0)
            {
                Offer(_previous[entry.Position]);
            }
        }

        return Array.FindAll(_ids, static id => id >= 0);
    }

    private void Offer(int position)
    {
        var right = _next[position];
        if (right >= 0 && _model.TryMerge(_ids[position], _ids[right], out var merge))
        {
            _queue.Enqueue((position, _ids[position], _ids[right]), (merge.Rank, position));
        }
    }
}
