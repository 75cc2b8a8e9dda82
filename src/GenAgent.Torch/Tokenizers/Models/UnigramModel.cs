using System.Text;

namespace GenAgent.Torch.Tokenizers.Models;

/// <summary>Unigram language model: splits a piece into the tokens with the highest total score. Thread-safe.</summary>
/// <remarks>Source: sentencepiece's <c>EncodeOptimized</c>, which the <c>tokenizers</c> library follows.</remarks>
internal sealed class UnigramModel : ITokenModel
{
    private const double UnknownPenalty = 10;

    private readonly List<(string Token, double Score)> _pieces;
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<long, int> _children = [];
    private readonly List<int> _idAtNode = [-1];
    private readonly int _unknown;
    private readonly double _unknownScore;

    /// <summary>Builds the search tree of all pieces.</summary>
    /// <param name="pieces">Tokens and log-probabilities by id.</param>
    /// <param name="unknown">The id for what no token covers.</param>
    /// <param name="unmatched">Ids that text cannot reach: control tokens.</param>
    /// <exception cref="InvalidDataException">The unknown id is none of the pieces, or a score is not finite.</exception>
    public UnigramModel(IReadOnlyList<(string Token, double Score)> pieces, int unknown, IReadOnlySet<int> unmatched)
    {
        if (unknown < 0 || unknown >= pieces.Count)
        {
            throw new InvalidDataException($"The unknown token's id {unknown} is none of the {pieces.Count} pieces.");
        }

        _pieces = [.. pieces];
        _ids = new Dictionary<string, int>(pieces.Count, StringComparer.Ordinal);
        _unknown = unknown;
        var lowest = double.MaxValue;
        for (var id = 0; id < pieces.Count; id++)
        {
            var (token, score) = pieces[id];
            if (!double.IsFinite(score))
            {
                throw new InvalidDataException($"Piece {id} (\"{token}\") has the score {score}.");
            }

            _ids[token] = id;
            lowest = Math.Min(lowest, score);
            if (id != unknown && token.Length > 0 && !unmatched.Contains(id))
            {
                Insert(token, id);
            }
        }

        _unknownScore = lowest - UnknownPenalty;
    }

    public int IdLimit => _pieces.Count;

    public void Encode(string piece, ICollection<int> ids)
    {
        var best = new Step[piece.Length + 1];
        for (var start = 0; start < piece.Length;)
        {
            var length = char.IsHighSurrogate(piece[start]) && start + 1 < piece.Length ? 2 : 1;
            var covered = false;
            var node = 0;
            for (var end = start; end < piece.Length && _children.TryGetValue(Edge(node, piece[end]), out node); end++)
            {
                if (_idAtNode[node] is var id and >= 0)
                {
                    Offer(best, start, end + 1, id, _pieces[id].Score);
                    covered |= end + 1 - start == length;
                }
            }

            if (!covered)
            {
                Offer(best, start, start + length, _unknown, _unknownScore);
            }

            start += length;
        }

        AddPath(best, ids);
    }

    public byte[]? BytesOf(int id) =>
        id >= 0 && id < _pieces.Count ? Encoding.UTF8.GetBytes(_pieces[id].Token.Replace('▁', ' ')) : null;

    public bool TryGetId(string token, out int id) => _ids.TryGetValue(token, out id);

    public string? TokenOf(int id) => id >= 0 && id < _pieces.Count ? _pieces[id].Token : null;

    private static void Offer(Step[] best, int start, int end, int id, double score)
    {
        var total = best[start].Score + score;
        if (!best[end].Reached || total > best[end].Score)
        {
            best[end] = new Step(true, total, start, id);
        }
    }

    // Neighbouring unknown stretches become one token.
    private void AddPath(Step[] best, ICollection<int> ids)
    {
        var path = new List<int>();
        for (var end = best.Length - 1; end > 0; end = best[end].Start)
        {
            if (best[end].Id != _unknown || path.Count == 0 || path[^1] != _unknown)
            {
                path.Add(best[end].Id);
            }
        }

        for (var i = path.Count - 1; i >= 0; i--)
        {
            ids.Add(path[i]);
        }
    }

    private void Insert(string token, int id)
    {
        var node = 0;
        foreach (var unit in token)
        {
            var edge = Edge(node, unit);
            if (!_children.TryGetValue(edge, out node))
            {
                node = _idAtNode.Count;
                _idAtNode.Add(-1);
                _children.Add(edge, node);
            }
        }

        _idAtNode[node] = id;
    }

    private static long Edge(int node, char unit) => ((long)node << 16) | unit;

    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
    private readonly record struct Step(bool Reached, double Score, int Start, int Id);
}
