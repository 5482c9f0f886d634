namespace TinySD.Tools.Analysis;

/// <summary>Looks into what a network has learnt, as Aitken, Ramasesh, Garg, Cao, Sussillo and Maheswaranathan did in "The geometry of
/// integration in text classification RNNs" (ICLR 2021).</summary>
internal sealed class NetworkAnalysis
{
    // States that go through the network at once.
    private const int Batch = 256;

    // Slow points closer than this share of the states' spread are one.
    private const double SameShare = 0.01;

    private readonly AnalysedModel _network;
    private readonly AnalysedSequences _data, _sequences;
    private readonly AnalysisSettings _settings;
    private readonly Action<string, double> _progress;
    private readonly CancellationToken _stop;
    private readonly StateMap _map;
    private readonly ReadOutVectors _readOut;
    private readonly int _threads;

    /// <param name="network">The network.</param>
    /// <param name="data">What it is to read; at least one sequence has a step.</param>
    /// <param name="settings">How much is looked at.</param>
    /// <param name="runner">Threads; no effect on the result.</param>
    /// <param name="hardware">The machine, or null; no effect on the result.</param>
    /// <param name="progress">Told what is being done, and the share of that.</param>
    /// <param name="stop">Ends it with an exception.</param>
    public NetworkAnalysis(
        AnalysedModel network, AnalysedSequences data, AnalysisSettings settings, IParallelRunner runner, HardwareProfile? hardware,
        Action<string, double> progress, CancellationToken stop)
    {
        (_network, _data, _settings, _progress, _stop) = (network, data, settings, progress, stop);
        _sequences = data.AtMost(settings.MaxStates);
        _threads = runner.ThreadCount;
        _map = new StateMap(network.Model, Batch, runner, hardware);
        _readOut = new ReadOutVectors(network.Model, _map.TopHidden);
    }

    private int Hidden => _network.Model.Config.Body.HiddenSize;

    public AnalysisFindings Run()
    {
        var walk = new Walk(this);
        var components = PrincipalComponents.Of(walk.States, _map.TopHidden, Hidden);
        double spread = Math.Sqrt(Trace(walk.States));
        float[] zero = new float[_sequences.Width];
        SlowPointSet[] slow =
        [
            Search("zero", zero, walk, components, spread), Search("mean", walk.MeanInput, walk, components, spread),
        ];
        long[] counts = CountWords();
        return new AnalysisFindings
        {
            Sequences = (_data.Count, _sequences.Count),
            States = (_data.Steps, walk.States.Count),
            Components = components,
            Parts = Parts(walk.States),
            Drawn = walk.Drawn.ConvertAll(drawn => new DrawnState(drawn.Class, drawn.Share, Along(components, drawn.State))),
            Paths = walk.Paths.ConvertAll(path => new DrawnPath(path.Class, path.States.ConvertAll(state => Along(components, state)))),
            Angles = VectorGeometry.Angles(_readOut.Vectors),
            CentredAngles = VectorGeometry.Angles(VectorGeometry.Centred(_readOut.Vectors)),
            ReadOut = Array.ConvertAll(_readOut.Vectors, vector => Shadow(components, vector)),
            SlowPoints = slow,
            Words = WordDeflection.Of(
                _map, _sequences, counts, _settings.MaxWords, [.. slow[0].Points.Select(point => point.Point.State)], components,
                AnalysisSettings.Shown, _readOut, _stop),
            WordsInData = counts.Count(count => count > 0),
            Counts = _data.HasTokens && _network.Classes.Count > 1
                ? WordCounts.Of(_data, _network.Classes.Count, counts.Length)
                : null,
            Accuracy = walk.Accuracy,
        };
    }

    private StatePart[] Parts(Covariance states)
    {
        int layers = _network.Model.Config.Body.LayerCount;
        return
        [
            .. Enumerable.Range(0, _map.Size / Hidden).Select(part =>
                new StatePart(part % layers, part >= layers, PrincipalComponents.Of(states, part * Hidden, Hidden))),
        ];
    }

    private SlowPointSet Search(string input, float[] x, Walk walk, PrincipalComponents components, double spread)
    {
        var map = new InputMap(_map, x);
        string at = input == "zero" ? "without input" : "at the mean input";
        SlowPointSearch search = SlowPoints.Find(
            map, walk.Starts, _settings.Search, walk.Bounds, share => _progress($"slow points {at}", share), _stop);
        double distance = SameShare * spread;
        IReadOnlyList<SlowPoint> points = SlowPoints.Merge(search, distance);
        IReadOnlyList<SlowPoint> chosen = SlowPoints.Spread(points, _settings.Points);
        _progress($"eigenvalues {at}", 0);
        PointMode[]?[] modes = Modes(map, chosen);
        IEnumerable<StudiedPoint> studied = chosen.Select((point, i) =>
            new StudiedPoint(
                point, Along(components, point.State), _readOut.Of(point.State), walk.Nearest(point.State) / spread, modes[i]));
        double[] q = [.. search.Q.Where(double.IsFinite).Order()];
        return new SlowPointSet(input, q, search.Updates, distance, points.Count, [.. studied]);
    }

    private PointMode[]?[] Modes(InputMap map, IReadOnlyList<SlowPoint> points)
    {
        double[][] span = _readOut.Span(map.Size, _network.IsSoftmax);
        double[][] jacobians = [.. points.Select(point => Jacobian.At(map, point.State))];
        var modes = new PointMode[]?[points.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = _threads, CancellationToken = _stop };
        Parallel.For(0, points.Count, options, i =>
        {
            if (Eigenvalues.General(jacobians[i], map.Size) is not { } spectrum) return;
            var own = new PointMode[spectrum.Values.Length];
            for (int k = 0; k < own.Length; k++)
            {
                System.Numerics.Complex value = spectrum.Values[k];
                own[k] = new(
                    value, TimeConstant.Of(value), VectorGeometry.ShareWithin(span, spectrum.Left[k]),
                    VectorGeometry.ShareWithin(span, spectrum.Right[k]));
            }

            modes[i] = own;
        });
        return modes;
    }

    private long[] CountWords()
    {
        var counts = new long[_network.Model.Config.VocabularySize];
        for (int i = 0; _data.HasTokens && i < _data.Count; i++)
        {
            foreach (int token in _data.TokensOf(i)) counts[token]++;
        }

        return counts;
    }

    private static double[] Along(PrincipalComponents components, ReadOnlySpan<float> state)
    {
        var along = new double[AnalysisSettings.Shown];
        components.Project(state, along);
        return along;
    }

    private static double[] Shadow(PrincipalComponents components, double[] vector)
    {
        var along = new double[AnalysisSettings.Shown];
        int size = vector.Length;
        for (int k = 0; k < Math.Min(along.Length, size); k++)
        {
            for (int i = 0; i < size; i++) along[k] += components.Directions[(k * size) + i] * vector[i];
        }

        return along;
    }

    private static double Trace(Covariance states)
    {
        double[] matrix = states.Matrix(0, states.Size);
        return Enumerable.Range(0, states.Size).Sum(i => matrix[(i * states.Size) + i]);
    }

    /// <summary>What is kept of one run of all sequences.</summary>
    private sealed class Walk
    {
        private readonly NetworkAnalysis _of;
        private readonly Dictionary<int, int> _pathOf = [];
        private readonly List<float> _starts;
        private readonly bool _isReverse;
        private long _seen;
        private int _labelled, _right;

        public Walk(NetworkAnalysis of)
        {
            _of = of;
            AnalysedSequences sequences = of._sequences;
            States = new Covariance(of._map.Size);
            Bounds = new StateBounds(of._map.Size);

            // The state that every sequence begins with is one of those visited.
            _starts = [.. new float[of._map.Size]];
            Bounds.Add([.. _starts]);
            ChoosePaths();
            _isReverse = of._network.Model.Config.Body.Direction == RecurrentDirection.Reverse;
            StateWalk.Run(of._map, sequences, _isReverse, Visit, share => of._progress("states", share), of._stop);
            MeanInput = Mean(sequences);
        }

        public Covariance States { get; }

        public StateBounds Bounds { get; }

        public float[] Starts => [.. _starts];

        public float[] MeanInput { get; }

        public List<(int Class, double Share, float[] State)> Drawn { get; } = [];

        public List<(int Class, List<float[]> States)> Paths { get; } = [];

        public double? Accuracy => _labelled > 0 ? (double)_right / _labelled : null;

        /// <summary>How far a state is from the nearest of the starts.</summary>
        public double Nearest(ReadOnlySpan<float> state)
        {
            double nearest = double.PositiveInfinity;
            ReadOnlySpan<float> starts = CollectionsMarshal.AsSpan(_starts);
            for (int at = 0; at < starts.Length; at += state.Length)
                nearest = Math.Min(nearest, SlowPoints.Distance(starts.Slice(at, state.Length), state));
            return nearest;
        }

        private void Visit(StateMoment moment, ReadOnlySpan<float> state)
        {
            AnalysedSequences sequences = _of._sequences;
            int read = _isReverse ? sequences.LengthOf(moment.Sequence) - moment.Step : moment.Step - 1;
            int label = sequences.ClassOf(moment.Sequence, read);
            States.Add(state);
            Bounds.Add(state);
            if (IsChosen(_of._settings.Starts - 1)) _starts.AddRange(state);
            if (IsChosen(_of._settings.DrawnStates))
                Drawn.Add((label, (double)moment.Step / sequences.LengthOf(moment.Sequence), state.ToArray()));
            if (moment.Step <= _of._settings.LongestPath && _pathOf.TryGetValue(moment.Sequence, out int path))
                Paths[path].States.Add(state.ToArray());
            _seen++;
            SequenceModelConfig config = _of._network.Model.Config;
            bool sees = config is { ReadOut: ReadOut.Last, Body.DirectionCount: 1 } && _of._network.IsSoftmax;
            if (!moment.IsLast || label < 0 || !sees) return;
            double[] outputs = _of._readOut.Of(state);
            _labelled++;
            if (Array.IndexOf(outputs, outputs.Max()) == label) _right++;
        }

        // So many of all states, evenly spread.
        private bool IsChosen(long many)
        {
            long all = _of._sequences.Steps;
            return (_seen + 1) * many / all > _seen * many / all;
        }

        private void ChoosePaths()
        {
            AnalysedSequences sequences = _of._sequences;
            IEnumerable<IGrouping<int, int>> classes = Enumerable.Range(0, sequences.Count)
                .Where(i => sequences.LengthOf(i) > 1).GroupBy(i => sequences.ClassOf(i)).OrderBy(group => group.Key);
            foreach (int sequence in classes.SelectMany(group => group.Take(_of._settings.PathsPerClass)))
            {
                _pathOf.Add(sequence, Paths.Count);
                Paths.Add((sequences.ClassOf(sequence), [new float[_of._map.Size]]));
            }
        }

        private static float[] Mean(AnalysedSequences sequences)
        {
            var sums = new double[sequences.Width];
            for (int i = 0; i < sequences.Count; i++)
            {
                for (int t = 0; t < sequences.LengthOf(i); t++)
                {
                    ReadOnlySpan<float> x = sequences.InputOf(i, t);
                    for (int j = 0; j < sums.Length; j++) sums[j] += x[j];
                }
            }

            return Array.ConvertAll(sums, sum => (float)(sum / Math.Max(1, sequences.Steps)));
        }
    }
}
