namespace TinySD.Formats.Exchange.Safetensors;

/// <summary>A safetensors file's header: a JSON object of tensors, and text about the file under <c>__metadata__</c>.</summary>
/// <remarks>The rules are those of the format's public description and its reference implementation: names come once, tensors lie side by
/// side from the first byte after the header to the last of the file, and shapes make exactly the bytes that offsets give. Stricter than
/// the reference in one thing: members that a tensor does not have are refused and not passed over.</remarks>
internal sealed record SafetensorsHeader(ImmutableArray<SafetensorsTensor> Tensors, IReadOnlyDictionary<string, string> Metadata)
{
    public const string MetadataName = "__metadata__";
    private const int MaxDepth = 8, MaxRank = 32;

    /// <summary>Reads a header.</summary>
    public static bool TryRead(
        string file, ReadOnlySpan<byte> json, long fileBytes, [NotNullWhen(true)] out SafetensorsHeader? header,
        [NotNullWhen(false)] out FileProblem? problem)
    {
        header = null;

        // The JSON reader would put a replacement character in the place of bytes that are no UTF-8.
        var reading = new Reading(file, json, fileBytes);
        problem = Utf8.IsValid(json) ? reading.Run()
            : reading.Invalid("header", "the header is not UTF-8", SafetensorsFile.LengthBytes);
        if (problem is null) header = new SafetensorsHeader(reading.Tensors, reading.Metadata);
        return header is not null && problem is null;
    }

    private static FileProblem Problem(FileProblemKind kind, string file, long offset, string part, string message) =>
        new(kind, file, $"{file}: {message}. {Blame.OnWriter}") { Offset = offset, Part = part };

    /// <summary>One pass over the JSON, then one over the tensors in the order in which they lie.</summary>
    private ref struct Reading(string file, ReadOnlySpan<byte> json, long fileBytes)
    {
        private readonly long _dataStart = SafetensorsFile.LengthBytes + json.Length;
        private readonly List<SafetensorsTensor> _tensors = [];
        private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
        private readonly HashSet<string> _names = new(StringComparer.Ordinal);
        private Utf8JsonReader _reader = new(json, new JsonReaderOptions { MaxDepth = MaxDepth });

        public ImmutableArray<SafetensorsTensor> Tensors { get; private set; } = [];

        public readonly IReadOnlyDictionary<string, string> Metadata => _metadata;

        private readonly long At => SafetensorsFile.LengthBytes + _reader.TokenStartIndex;

        public FileProblem? Run()
        {
            try
            {
                return ReadMembers() ?? Place();
            }
            catch (JsonException exception)
            {
                string why = $"the header is not JSON as the format asks: {Words.OfJson(exception)}";
                return Invalid("header", why, SafetensorsFile.LengthBytes + _reader.BytesConsumed);
            }
            catch (InvalidOperationException)
            {
                return Invalid("header", "a string in the header holds half of a surrogate pair");
            }
        }

        public readonly FileProblem Invalid(string part, string message, long? at = null) =>
            Problem(FileProblemKind.HeaderInvalid, file, at ?? At, part, $"{message} (byte {at ?? At})");

        private FileProblem? ReadMembers()
        {
            _reader.Read();
            if (_reader.TokenType != JsonTokenType.StartObject) return Invalid("header", "the header is not a JSON object");
            while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = _reader.GetString()!;
                if (!_names.Add(name))
                    return Invalid(Words.Shown(name), $"the header has the member '{Words.Shown(name)}' twice");
                _reader.Read();
                FileProblem? problem = name == MetadataName ? ReadMetadata() : ReadTensor(name);
                if (problem is not null) return problem;
            }

            // Reads on to the end, where anything but white space is an error.
            _reader.Read();
            return null;
        }

        private FileProblem? ReadMetadata()
        {
            if (_reader.TokenType != JsonTokenType.StartObject)
                return Invalid(MetadataName, $"'{MetadataName}' must be an object of strings");
            while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = _reader.GetString()!;
                _reader.Read();
                if (_reader.TokenType != JsonTokenType.String)
                    return Invalid(MetadataName, $"'{Words.Shown(name)}' of '{MetadataName}' must be a string");
                if (!_metadata.TryAdd(name, _reader.GetString()!))
                    return Invalid(MetadataName, $"'{MetadataName}' has '{Words.Shown(name)}' twice");
            }

            return null;
        }

        private FileProblem? ReadTensor(string name)
        {
            string shown = Words.Shown(name);
            if (_reader.TokenType != JsonTokenType.StartObject)
                return Invalid(name, $"tensor '{shown}' must be an object of dtype, shape and data_offsets");
            long at = At;
            string? dtype = null;
            ulong[]? shape = null, offsets = null;
            while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
            {
                string member = _reader.GetString()!;
                object? before = member switch { "dtype" => dtype, "shape" => shape, "data_offsets" => offsets, _ => null };
                if (before is not null) return Invalid(name, $"tensor '{shown}' has '{member}' twice");
                _reader.Read();
                if (member == "dtype") dtype = _reader.TokenType == JsonTokenType.String ? _reader.GetString() : "";
                else if (member == "shape") shape = ReadNumbers(MaxRank);
                else if (member == "data_offsets") offsets = ReadNumbers(2);
                else
                    return Invalid(name,
                        $"tensor '{shown}' has a member '{Words.Shown(member)}', and dtype, shape and data_offsets are all there are");
                if (member == "shape" && shape is null)
                    return Invalid(name, $"the shape of tensor '{shown}' must be an array of at most {MaxRank} whole numbers");
                if (member == "data_offsets" && offsets is not { Length: 2 })
                    return Invalid(name, $"the data_offsets of tensor '{shown}' must be two whole numbers");
            }

            if (dtype is null || shape is null || offsets is null)
            {
                string missing = dtype is null ? "dtype" : shape is null ? "shape" : "data_offsets";
                return Invalid(name, $"tensor '{shown}' has no {missing}", at);
            }

            return Add(name, dtype, shape, offsets, at);
        }

        private FileProblem? Add(string name, string dtype, ulong[] shape, ulong[] offsets, long at)
        {
            string shown = Words.Shown(name), extents = $"[{string.Join(", ", shape)}]";
            int bits = SafetensorsDtypes.BitsOf(dtype);
            if (bits == 0)
                return Invalid(name, $"tensor '{shown}' is of dtype '{Words.Shown(dtype)}', which safetensors does not have", at);
            (ulong first, ulong end) = (offsets[0], offsets[1]);
            if (end < first || end > long.MaxValue)
                return Problem(FileProblemKind.TensorInvalid, file, at, name, $"tensor '{shown}' has the data_offsets [{first}, {end}]");

            ulong count = 1;
            bool fits = true;
            foreach (ulong extent in shape) fits &= Multiply(ref count, extent) && extent <= long.MaxValue;
            fits &= Multiply(ref count, (ulong)bits);
            if (!fits)
            {
                return Problem(FileProblemKind.TensorOutsideFile, file, at, name,
                    $"tensor '{shown}' has the shape {extents}, more than a 64-bit number of bytes can hold");
            }

            if (count % 8 != 0 || count / 8 != end - first)
            {
                return Problem(FileProblemKind.TensorInvalid, file, at, name,
                    $"tensor '{shown}' has {Words.Counted(end - first, "byte")} by its data_offsets; its shape {extents} of {dtype} " +
                    $"makes {(count + 7) / 8}");
            }

            long[] sizes = Array.ConvertAll(shape, extent => (long)extent);
            _tensors.Add(new SafetensorsTensor(name, dtype, [.. sizes], (long)first, (long)(end - first)));
            return null;
        }

        private FileProblem? Place()
        {
            long room = fileBytes - _dataStart, end = 0;
            SafetensorsTensor[] ordered = [.. _tensors.OrderBy(t => t.Offset).ThenBy(t => t.Bytes)];
            for (int i = 0; i < ordered.Length; i++)
            {
                SafetensorsTensor tensor = ordered[i];
                string shown = Words.Shown(tensor.Name);
                if (tensor.Offset != end)
                {
                    FileProblemKind kind = tensor.Offset < end ? FileProblemKind.TensorOverlap : FileProblemKind.TensorGap;
                    return Problem(kind, file, Math.Min(Absolute(tensor.Offset), fileBytes), tensor.Name,
                        $"tensor '{shown}' begins at {tensor.Offset} of the data; {end}, where the tensor before it ends, was expected");
                }

                end = tensor.End;
                ordered[i] = tensor with { Offset = Absolute(tensor.Offset) };
            }

            if (end > room)
            {
                long present = fileBytes;
                return new FileProblem(FileProblemKind.Truncated, file,
                    $"{file} is cut short: {Absolute(end)} bytes expected, {fileBytes} found. Copy or download it again.")
                { Offset = fileBytes, Part = ordered.First(t => t.Offset > present - t.Bytes).Name };
            }

            if (end < room)
            {
                return new FileProblem(FileProblemKind.TrailingBytes, file,
                    $"{file} goes on after its last tensor: {Absolute(end)} bytes expected, {fileBytes} found. Copy or download it again.")
                { Offset = Absolute(end), Part = "header" };
            }

            Tensors = [.. ordered];
            return null;
        }

        private readonly long Absolute(long offset) => offset > long.MaxValue - _dataStart ? long.MaxValue : _dataStart + offset;

        private ulong[]? ReadNumbers(int most)
        {
            if (_reader.TokenType != JsonTokenType.StartArray) return null;
            var numbers = new List<ulong>();
            while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
            {
                if (_reader.TokenType != JsonTokenType.Number || numbers.Count == most || !_reader.TryGetUInt64(out ulong number))
                    return null;
                numbers.Add(number);
            }

            return [.. numbers];
        }

        private static bool Multiply(ref ulong product, ulong factor)
        {
            ulong high = Math.BigMul(product, factor, out product);
            return high == 0;
        }
    }
}
