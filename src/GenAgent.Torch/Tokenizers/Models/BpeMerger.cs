namespace GenAgent.Torch.Tokenizers.Models;

/// <summary>Merges one piece's symbols: lowest rank first, leftmost first among equals. In O(n log n), so that no text makes it hang.</summary>
internal sealed class BpeMerger
{
    private readonly BpeModel _model;
    private readonly int[] _ids;
    private readonly int[] _next;
    private readonly int[] _previous;
    // Keys are rank and position, values the two symbols, each pair in one number: a tuple's comparer is several times slower.
    private readonly PriorityQueue<long, long> _queue = new();

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

        while (_queue.TryDequeue(out var symbols, out var key))
        {
            // Outdated if one of the two symbols was merged since; a removed symbol's id is -1.
            var position = (int)key;
            var right = _next[position];
            if (_ids[position] != (int)(symbols >> 32) || right < 0 || _ids[right] != (int)symbols)
            {
                continue;
            }

            _model.TryMerge(_ids[position], _ids[right], out var merge);
            _ids[position] = merge.Id;
            _ids[right] = -1;
            _next[position] = _next[right];
            if (_next[right] >= 0)
            {
                _previous[_next[right]] = position;
            }

            Offer(position);
            if (_previous[position] >= 0)
            {
                Offer(_previous[position]);
            }
        }

        return Array.FindAll(_ids, static id => id >= 0);
    }

    private void Offer(int position)
    {
        var right = _next[position];
        if (right >= 0 && _model.TryMerge(_ids[position], _ids[right], out var merge))
        {
            _queue.Enqueue(Pack(_ids[position], _ids[right]), Pack(merge.Rank, position));
        }
    }

    private static long Pack(int high, int low) => ((long)high << 32) | (uint)low;
}
