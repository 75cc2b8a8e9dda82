using System.Text;
using GenAgent.Torch.Tokenizers.Models;
using GenAgent.Torch.Tokenizers.Normalizers;
using GenAgent.Torch.Tokenizers.PreTokenizers;

namespace GenAgent.Torch.Tokenizers.Formats;

/// <summary>Reads <c>spiece.model</c>: sentencepiece's protobuf with a unigram model.</summary>
/// <remarks>Source of the field numbers: sentencepiece_model.proto.</remarks>
internal sealed class SentencePieceModel
{
    private const int NormalPiece = 1;
    private const int UserDefinedPiece = 4;
    private const int UnigramType = 1;

    private readonly List<(string Token, double Score)> _pieces = [];
    private readonly HashSet<int> _unmatched = [];
    private int _modelType = UnigramType;
    private int _unknown;
    private int _end = 2;
    private int _pad = -1;
    private bool _addDummyPrefix = true;
    private bool _removeExtraWhitespaces = true;
    private bool _escapeWhitespaces = true;
    private CharsMap? _map;

    /// <summary>Reads a model from a file's bytes.</summary>
    /// <exception cref="InvalidDataException">The file breaks the format or holds another kind of model; says where.</exception>
    public static TokenizerParts Read(ReadOnlySpan<byte> file, string path, TokenizerConfig config)
    {
        var model = new SentencePieceModel();
        try
        {
            model.ReadModel(file);
            if (model._modelType != UnigramType)
            {
                throw new InvalidDataException("Only unigram models are supported.");
            }

            return model.Parts(config);
        }
        catch (InvalidDataException fault)
        {
            throw new InvalidDataException($"{path}: {fault.Message}", fault);
        }
    }

    private TokenizerParts Parts(TokenizerConfig config) =>
        new(
            new SentencePieceNormalizer(_map, _addDummyPrefix, _removeExtraWhitespaces, _escapeWhitespaces),
            new PreTokenizerSequence(),
            new UnigramModel(_pieces, _unknown, _unmatched))
        {
            AddedTokens = config.AddedTokens,
            DecoderStyle = DecoderStyle.DropFirstBlanks,
            SuffixIds = _end >= 0 && _end < _pieces.Count ? [_end] : [],
            PadId = _pad >= 0 && _pad < _pieces.Count ? _pad : null,
        };

    private void ReadModel(ReadOnlySpan<byte> file)
    {
        var reader = new ProtobufReader(file);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    ReadPiece(reader.Bytes);
                    break;
                case 2:
                    ReadTrainer(reader.Bytes);
                    break;
                case 3:
                    ReadNormalizer(reader.Bytes);
                    break;
                default:
                    break;
            }
        }
    }

    private void ReadPiece(ReadOnlySpan<byte> message)
    {
        var token = "";
        var score = 0f;
        var type = NormalPiece;
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    token = Encoding.UTF8.GetString(reader.Bytes);
                    break;
                case 2:
                    score = BitConverter.UInt32BitsToSingle((uint)reader.Number);
                    break;
                case 3:
                    type = (int)Math.Min(reader.Number, int.MaxValue);
                    break;
                default:
                    break;
            }
        }

        if (type is not (NormalPiece or UserDefinedPiece))
        {
            _unmatched.Add(_pieces.Count);
        }

        _pieces.Add((token, score));
    }

    private void ReadTrainer(ReadOnlySpan<byte> message)
    {
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            var number = (int)(long)reader.Number;
            switch (reader.Field)
            {
                case 3:
                    _modelType = number;
                    break;
                case 40:
                    _unknown = number;
                    break;
                case 42:
                    _end = number;
                    break;
                case 43:
                    _pad = number;
                    break;
                default:
                    break;
            }
        }
    }

    private void ReadNormalizer(ReadOnlySpan<byte> message)
    {
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2 when !reader.Bytes.IsEmpty:
                    _map = new CharsMap(reader.Bytes);
                    break;
                case 3:
                    _addDummyPrefix = reader.Number != 0;
                    break;
                case 4:
                    _removeExtraWhitespaces = reader.Number != 0;
                    break;
                case 5:
                    _escapeWhitespaces = reader.Number != 0;
                    break;
                default:
                    break;
            }
        }
    }
}
