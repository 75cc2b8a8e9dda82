namespace GenAgent.Torch.Generation.Scheduling;

/// <summary>
/// Allocates the cache's blocks. A full block is identified by its tokens and all tokens before it; sequences that begin with the same tokens share it.
/// Unused blocks keep their content until room is needed; the least recently used are freed first.
/// </summary>
internal sealed class KvBlockPool
{
    private readonly int[] _holders;
    private readonly PrefixKey?[] _keys;
    private readonly long[] _nodes;
    private readonly Dictionary<PrefixKey, int> _byPrefix = [];
    private readonly LinkedList<int> _idle = new();
    private readonly LinkedListNode<int>[] _idleNodes;
    private long _lastNode;

    public KvBlockPool(int blocks, int blockTokens)
    {
        BlockTokens = blockTokens;
        _holders = new int[blocks];
        _keys = new PrefixKey?[blocks];
        _nodes = new long[blocks];
        _idleNodes = [.. Enumerable.Range(0, blocks).Select(block => new LinkedListNode<int>(block))];
        foreach (var node in _idleNodes)
        {
            _idle.AddLast(node);
        }
    }

    /// <summary>The parent of a sequence's first block.</summary>
    public const long Root = 0;

    public int BlockTokens { get; }

    public int Count => _holders.Length;

    /// <summary>Blocks that nobody holds.</summary>
    public int Free => _idle.Count;

    /// <summary>Finds the longest cached prefix of a sequence.</summary>
    /// <param name="keys">One key a token.</param>
    /// <param name="found">Gets the blocks, not yet held.</param>
    /// <returns>The node of the last block found, or <see cref="Root"/>.</returns>
    public long Match(ReadOnlySpan<long> keys, List<int> found)
    {
        var node = Root;
        for (var start = 0; start + BlockTokens <= keys.Length; start += BlockTokens)
        {
            if (!_byPrefix.TryGetValue(new PrefixKey(node, keys.Slice(start, BlockTokens).ToArray()), out var block))
            {
                break;
            }

            found.Add(block);
            node = _nodes[block];
        }

        return node;
    }

    /// <summary>Holds a block that <see cref="Match"/> found.</summary>
    public void Hold(int block)
    {
        if (_holders[block]++ == 0)
        {
            _idle.Remove(_idleNodes[block]);
        }
    }

    /// <summary>Takes a block for new content, or returns -1 when all are held.</summary>
    public int Take()
    {
        if (_idle.First is not { } oldest)
        {
            return -1;
        }

        var block = oldest.Value;
        Forget(block);
        Hold(block);
        return block;
    }

    /// <summary>Releases blocks; the last ones of a sequence are reused first.</summary>
    public void Release(ReadOnlySpan<int> blocks)
    {
        for (var i = blocks.Length - 1; i >= 0; i--)
        {
            if (--_holders[blocks[i]] == 0)
            {
                var node = _idleNodes[blocks[i]];
                if (_keys[blocks[i]] is null)
                {
                    _idle.AddFirst(node);
                }
                else
                {
                    _idle.AddLast(node);
                }
            }
        }
    }

    /// <summary>Registers a full, computed block.</summary>
    /// <returns>The node to continue from: that of an older block if one has the same content.</returns>
    public long Register(int block, long parent, ReadOnlySpan<long> keys)
    {
        var key = new PrefixKey(parent, keys.ToArray());
        if (_byPrefix.TryGetValue(key, out var known))
        {
            return _nodes[known];
        }

        _byPrefix[key] = block;
        _keys[block] = key;
        return _nodes[block] = ++_lastNode;
    }

    /// <summary>Clears all content, because the weights that computed it have changed.</summary>
    public void ForgetAll()
    {
        for (var block = 0; block < Count; block++)
        {
            Forget(block);
        }
    }

    private void Forget(int block)
    {
        if (_keys[block] is { } key)
        {
            _byPrefix.Remove(key);
            _keys[block] = null;
        }
    }

    /// <summary>A block's tokens after a parent; equal when both are.</summary>
    private sealed class PrefixKey(long parent, long[] tokens) : IEquatable<PrefixKey>
    {
        private readonly int _hash = HashOf(parent, tokens);

        private long Parent => parent;

        private long[] Tokens => tokens;

        public bool Equals(PrefixKey? other) => other is not null && other.Parent == parent && other.Tokens.AsSpan().SequenceEqual(tokens);

        public override bool Equals(object? obj) => Equals(obj as PrefixKey);

        public override int GetHashCode() => _hash;

        private static int HashOf(long parent, long[] tokens)
        {
            var hash = default(HashCode);
            hash.Add(parent);
            foreach (var token in tokens)
            {
                hash.Add(token);
            }

            return hash.ToHashCode();
        }
    }
}
